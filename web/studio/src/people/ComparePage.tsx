// Two people side by side: are they the same? If so, one of them is merged into the other, after a
// look at what that changes. The message that follows can undo it.
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useClient, useMutation, useQuery, type CombinedError } from "urql";
import type { MergePeopleMutation } from "../graphql/generated/graphql.ts";
import { useViewer } from "../session/useSession.ts";
import { Button, Checkbox } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { List } from "../ui/List.tsx";
import { NeedsRole } from "../ui/NeedsRole.tsx";
import { problemsOf } from "../ui/problems.ts";
import { explain, Failure, Skeleton } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { usePages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { Credits } from "./Credits.tsx";
import { Reasons } from "./Duplicates.tsx";
import { Facts } from "./Facts.tsx";
import { partsOf, type Parts } from "./parts.ts";
import { PersonPicker } from "./PersonPicker.tsx";
import { Plan } from "./Plan.tsx";
import {
  DUPLICATES,
  FILMOGRAPHY,
  filmographyOf,
  MERGE,
  PERSON,
  SPLIT,
  type Person,
} from "./queries.ts";
import { texts } from "./texts.ts";
import "../ui/tabs.css";
import "./people.css";

const route = getRouteApi("/people/$id/compare");
const SHOWN = 8;
const PAIRS = 20;

export function ComparePage() {
  useTitle(texts.mergeTitle);
  const { mayPublish } = useViewer();
  const { id } = route.useParams();
  const { with: other } = route.useSearch();
  const navigate = route.useNavigate();
  if (!mayPublish) return <NeedsRole title={texts.mergeTitle} role="ADMIN" />;
  return (
    <div className="page names-page">
      <header className="page-bar">
        <Link to="/people/$id" params={{ id }} className="back" aria-label={texts.back}>
          <Icon name="back" />
        </Link>
        <div className="page-title">
          <h1>{texts.mergeTitle}</h1>
        </div>
      </header>
      {other === undefined ? (
        <Choose
          id={id}
          onChoose={(chosen) => void navigate({ search: { with: chosen }, replace: true })}
        />
      ) : (
        <Pair key={`${id} ${other}`} ids={[id, other]} />
      )}
    </div>
  );
}

function Choose({ id, onChoose }: { id: string; onChoose: (id: string) => void }) {
  const [{ data, error }, retry] = useQuery({ query: PERSON, variables: { id } });
  if (error !== undefined)
    return <Failure error={error} onRetry={() => retry({ requestPolicy: "network-only" })} />;
  if (!data?.person) return <Skeleton />;
  return (
    <>
      <p className="sub">{texts.choose}</p>
      <PersonPicker
        not={data.person.id}
        start={data.person.name}
        chosen={undefined}
        onChoose={(person) => onChoose(person.id)}
      />
    </>
  );
}

type Payload = MergePeopleMutation["mergePeople"];

function Pair({ ids }: { ids: [string, string] }) {
  const [first, retryFirst] = useQuery({ query: PERSON, variables: { id: ids[0] } });
  const [second, retrySecond] = useQuery({ query: PERSON, variables: { id: ids[1] } });
  const error = first.error ?? second.error;
  if (error !== undefined) {
    const retry = () => {
      retryFirst({ requestPolicy: "network-only" });
      retrySecond({ requestPolicy: "network-only" });
    };
    return <Failure error={error} onRetry={retry} />;
  }
  if (first.data === undefined || second.data === undefined) return <Skeleton />;
  const [a, b] = [first.data.person, second.data.person];
  if (a === null || b === null) return <p role="alert">{texts.notFoundTitle}</p>;
  if (a.id === b.id) return <p role="alert">{texts.same}</p>;
  return <Merge people={[a, b]} />;
}

function Merge({ people }: { people: [Person, Person] }) {
  const [keptId, setKept] = useState(people[0].id);
  const [overrideLocks, setOverride] = useState(false);
  const [payload, setPayload] = useState<Payload | null>(null);
  const [{ fetching }, merge] = useMutation(MERGE);
  const [isMerging, setMerging] = useState(false);
  const client = useClient();
  const navigate = useNavigate();
  const undo = useUndo();
  const [kept, other] = people[0].id === keptId ? people : [people[1], people[0]];

  const plan = async (override: boolean) => {
    setOverride(override);
    const input = { id: kept.id, otherIds: [other.id], overrideLocks: override, dryRun: true };
    const { data, error } = await merge({ input });
    if (error !== undefined) showToast(explain(error), { tone: "failed" });
    setPayload(data?.mergePeople ?? null);
  };
  const confirm = async () => {
    setMerging(true);
    try {
      const parts = await partsOf(client, other.id);
      const input = { id: kept.id, otherIds: [other.id], overrideLocks };
      const { data, error } = await merge({ input });
      if (error !== undefined) throw error;
      const done = data?.mergePeople;
      if (done === undefined || done.userErrors.length > 0) {
        setPayload(done ?? null);
        return;
      }
      const isUndoable = parts.creditIds.length + parts.nominationIds.length > 0;
      const text = texts.merged(other.name, kept.name);
      const action = { label: texts.undo, run: () => void undo(kept, other, parts) };
      showToast(text, isUndoable ? { action } : {});
      void navigate({ to: "/people/$id", params: { id: kept.id }, replace: true });
    } catch (error) {
      showToast(explain(error as CombinedError), { tone: "failed" });
    } finally {
      setMerging(false);
    }
  };

  const errors = payload?.userErrors ?? [];
  const isLocked = errors.some(({ code }) => code === "LOCKED");
  return (
    <>
      <KnownReasons ids={[people[0].id, people[1].id]} />
      <div className="sides">
        {people.map((person) => (
          <section key={person.id} className="side" aria-label={`${person.name}, ${person.id}`}>
            <label className="check">
              <input
                type="radio"
                name="kept"
                checked={person.id === keptId}
                onChange={() => {
                  setKept(person.id);
                  setPayload(null);
                }}
              />
              <span>
                {texts.keep}
                {person.id === keptId && <span className="sub"> {texts.keepHint}</span>}
              </span>
            </label>
            <Side person={person} />
          </section>
        ))}
      </div>
      {payload !== null && <Plan title={texts.plan} payload={payload} />}
      {(isLocked || overrideLocks) && (
        <Checkbox
          label={texts.overrideLocks}
          isChecked={overrideLocks}
          onChange={(isChecked) => void plan(isChecked)}
        />
      )}
      <div className="plan-bar">
        {payload === null || errors.length > 0 ? (
          <Button look="main" isBusy={fetching} onPress={() => void plan(overrideLocks)}>
            {fetching ? texts.looking : texts.look}
          </Button>
        ) : (
          <Button look="main" isBusy={isMerging} onPress={() => void confirm()}>
            {isMerging ? texts.merging : texts.mergeSubmit(payload.documents.length)}
          </Button>
        )}
      </div>
    </>
  );
}

/** Gives back to a merged person what was theirs. */
function useUndo() {
  const client = useClient();
  const navigate = useNavigate();
  return async (kept: Person, other: Person, parts: Parts) => {
    const input = { id: kept.id, toId: other.id, ...parts };
    const { data, error } = await client.mutation(SPLIT, { input });
    const problem = problemsOf([], error, data?.splitPerson.userErrors)?.rest;
    if (problem !== undefined) {
      showToast(texts.undoFailed(problem), { tone: "failed" });
      return;
    }
    showToast(texts.undone(other.name));
    void navigate({ to: "/people/$id", params: { id: other.id } });
  };
}

/** Why the service thinks that they may be one person, if it does. */
function KnownReasons({ ids }: { ids: [string, string] }) {
  const [{ data }] = useQuery({ query: DUPLICATES, variables: { first: PAIRS, after: null } });
  const pair = data?.duplicatePeople?.nodes.find(
    ({ first, second }) =>
      first !== null && second !== null && ids.includes(first.id) && ids.includes(second.id),
  );
  return pair === undefined ? null : <Reasons reasons={pair.reasons} />;
}

function Side({ person }: { person: Person }) {
  const { id, name, totals } = person;
  const credits = usePages(FILMOGRAPHY, { id, first: SHOWN }, filmographyOf);
  return (
    <>
      <h2 dir="auto">{name}</h2>
      <p className="sub num">
        {texts.totals(totals.movies, totals.credits, totals.nominations, totals.wins)}
      </p>
      <Facts id={id} aliases={person.aliases} externalIds={person.externalIds} isPerson />
      <List list={credits} empty={<p className="sub">{texts.filmographyNone}</p>}>
        {(entries) => <Credits credits={entries} />}
      </List>
    </>
  );
}
