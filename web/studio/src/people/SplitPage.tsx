// A person who is two people: what belongs to the other one is ticked, and moves after a look at
// what that changes.
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMutation, useQuery } from "urql";
import type { SplitPersonMutation } from "../graphql/generated/graphql.ts";
import { useViewer } from "../session/useSession.ts";
import { Button, Checkbox, Radios, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { List } from "../ui/List.tsx";
import { NeedsRole } from "../ui/NeedsRole.tsx";
import { explain, Failure } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { usePages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { Credits, Nominations } from "./Credits.tsx";
import { NoEntry, PageSkeleton, Section } from "./PersonPage.tsx";
import { PersonPicker } from "./PersonPicker.tsx";
import { Plan } from "./Plan.tsx";
import {
  FILMOGRAPHY,
  filmographyOf,
  NOMINATIONS,
  nominationsOf,
  PERSON,
  SPLIT,
  type Person,
} from "./queries.ts";
import { texts } from "./texts.ts";
import "../ui/tabs.css";
import "./people.css";

const route = getRouteApi("/people/$id/split");
const PAGE = 100;

export function SplitPage() {
  const { mayPublish } = useViewer();
  const { id } = route.useParams();
  const [{ data, error }, retry] = useQuery({ query: PERSON, variables: { id } });
  const person = data?.person;
  useTitle(texts.splitTitle(person?.name ?? id));
  if (!mayPublish) return <NeedsRole title={texts.splitTitle(id)} role="ADMIN" />;
  if (person) return <Split person={person} />;
  if (error !== undefined)
    return <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />;
  return person === undefined ? <PageSkeleton /> : <NoEntry kind="people" />;
}

type Payload = SplitPersonMutation["splitPerson"];

/** Which of a list are ticked. */
function useTicks(onChange: () => void) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const onToggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
    onChange();
  };
  return { chosen, onToggle };
}

function Split({ person }: { person: Person }) {
  const { id, name, totals } = person;
  const [payload, setPayload] = useState<Payload | null>(null);
  const forget = () => setPayload(null);
  const credits = useTicks(forget);
  const nominations = useTicks(forget);
  const [to, setTo] = useState<"new" | "old">("new");
  const [newName, setNewName] = useState(name);
  const [other, setOther] = useState<{ id: string; name: string } | null>(null);
  const [overrideLocks, setOverride] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [{ fetching }, split] = useMutation(SPLIT);
  const navigate = useNavigate();
  const creditList = usePages(FILMOGRAPHY, { id, first: PAGE }, filmographyOf);
  const nominationList = usePages(NOMINATIONS, { id, first: PAGE }, nominationsOf);

  const run = async (dryRun: boolean, override: boolean) => {
    setOverride(override);
    const isNothing = credits.chosen.size + nominations.chosen.size === 0;
    const isNobody = to === "old" && other === null;
    setProblem(isNothing ? texts.splitNothing : isNobody ? texts.splitWhom : null);
    if (isNothing || isNobody) return;
    const target = to === "new" ? { name: newName.trim() } : { toId: other?.id ?? "" };
    const { data, error } = await split({
      input: {
        id,
        creditIds: [...credits.chosen],
        nominationIds: [...nominations.chosen],
        overrideLocks: override,
        dryRun,
        ...target,
      },
    });
    if (error !== undefined) {
      setProblem(explain(error));
      return;
    }
    const result = data?.splitPerson ?? null;
    if (dryRun || result === null || result.userErrors.length > 0) {
      setPayload(result);
      return;
    }
    showToast(texts.splitDone(name, result.other?.name ?? newName));
    const next = result.other?.id ?? id;
    void navigate({ to: "/people/$id", params: { id: next }, replace: true });
  };

  const errors = payload?.userErrors ?? [];
  const isPlanned = payload !== null && errors.length === 0;
  const isLocked = errors.some(({ code }) => code === "LOCKED");
  const chosen = credits.chosen.size + nominations.chosen.size;
  return (
    <div className="page names-page">
      <header className="page-bar">
        <Link to="/people/$id" params={{ id }} className="back" aria-label={name}>
          <Icon name="back" />
        </Link>
        <div className="page-title">
          <h1 dir="auto">{texts.splitTitle(name)}</h1>
          <p className="sub">{texts.splitText}</p>
        </div>
      </header>
      <Section title={texts.filmography} count={totals.credits}>
        <List list={creditList} empty={<p className="sub">{texts.filmographyNone}</p>}>
          {(entries) => <Credits credits={entries} ticks={credits} />}
        </List>
      </Section>
      {totals.nominations > 0 && (
        <Section title={texts.nominations} count={totals.nominations}>
          <List list={nominationList} empty={null}>
            {(entries) => <Nominations entries={entries} ticks={nominations} />}
          </List>
        </Section>
      )}
      <div className="section split-form">
        <Radios
          label={texts.splitTo}
          name="to"
          value={to}
          options={[
            ["new", texts.splitNew],
            ["old", texts.splitOld],
          ]}
          onChange={(next) => {
            setTo(next);
            forget();
          }}
        />
        {to === "new" ? (
          <TextField
            label={texts.splitName}
            value={newName}
            onChange={(text) => {
              setNewName(text);
              forget();
            }}
            autoComplete="off"
          />
        ) : (
          <PersonPicker
            not={id}
            chosen={other?.id}
            onChoose={(found) => {
              setOther(found);
              forget();
            }}
          />
        )}
      </div>
      {payload !== null && <Plan title={texts.splitPlan} payload={payload} />}
      {(isLocked || overrideLocks) && (
        <Checkbox
          label={texts.overrideLocks}
          isChecked={overrideLocks}
          onChange={(isChecked) => void run(true, isChecked)}
        />
      )}
      <div className="plan-bar">
        <p className="sub num" role="status">
          {problem ?? texts.chosen(chosen)}
        </p>
        <Button look="main" isBusy={fetching} onPress={() => void run(!isPlanned, overrideLocks)}>
          {isPlanned ? texts.splitSubmit(payload.documents.length) : texts.look}
        </Button>
      </div>
    </div>
  );
}
