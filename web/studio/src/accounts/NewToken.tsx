// A new personal access token of the own account. It is shown once.
import { useState, type SubmitEvent } from "react";
import { useMutation } from "urql";
import { CategoryChoice } from "../catalogue/CategoryChoice.tsx";
import type { Category, CreateTokenInput, Source } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import type { Role } from "../session/session.ts";
import { useViewer } from "../session/useSession.ts";
import { Button, Checkbox, Select, TextField } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { problemsOf, type Problems } from "../ui/problems.ts";
import { Secret } from "../ui/Secret.tsx";
import { RoleChoice } from "./AddAccount.tsx";
import { CREATE_TOKEN } from "./queries.ts";

const EXPIRIES = ["30", "90", "365", "never"] as const;
const SOURCES = ["MANUAL", "LLM_GENERATED", "TMDB"] as const satisfies readonly Source[];
const FIELDS = ["name"] as const;

export function NewToken({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  if (made === null) {
    return (
      <Dialog title={t.accounts.newToken} isOpen onClose={onClose}>
        <Form onMade={setMade} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title={t.accounts.tokenCreated(made.name)} isOpen onClose={onClose} isRequired>
      <Secret label={t.accounts.token} value={made.secret} hint={t.accounts.tokenHint} />
      <DialogActions>
        <Button look="main" onPress={onClose}>
          {t.accounts.done}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

interface FormProps {
  onMade: (made: { name: string; secret: string }) => void;
  onClose: () => void;
}

function Form({ onMade, onClose }: FormProps) {
  const viewer = useViewer();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("VIEWER");
  const [source, setSource] = useState<Source | "">("");
  const [mayPublish, setMayPublish] = useState(false);
  const [categories, setCategories] = useState<readonly Category[]>([]);
  const [expiry, setExpiry] = useState<(typeof EXPIRIES)[number]>("90");
  const [problems, setProblems] = useState<Problems<(typeof FIELDS)[number]>>({});
  const [{ fetching }, create] = useMutation(CREATE_TOKEN);
  const writes = role === "CONTRIBUTOR" || role === "ADMIN";
  const isModel = writes && source === "LLM_GENERATED";
  const publishes = isModel && role === "ADMIN";

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (fetching) return;
    const input: CreateTokenInput = {
      name: name.trim(),
      role,
      mayPublish: publishes && mayPublish,
      ...(expiry === "never" ? { neverExpires: true } : { expiresInDays: Number(expiry) }),
      ...(writes && source !== "" ? { source } : {}),
      ...(writes && categories.length > 0 ? { categories: [...categories] } : {}),
    };
    const { data, error } = await create({ input });
    const secret = data?.createToken.secret ?? null;
    const found = problemsOf(FIELDS, error, data?.createToken.userErrors);
    if (secret === null || found !== null) setProblems(found ?? {});
    else onMade({ name: input.name, secret });
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField
        label={t.accounts.tokenName}
        hint={t.accounts.tokenNameHint}
        value={name}
        onChange={setName}
        isRequired
        autoFocus
        autoComplete="off"
        error={problems.name ?? null}
      />
      <RoleChoice
        value={role}
        roles={viewer.roles.filter((each) => each !== "USER")}
        onChange={setRole}
      />
      {writes && (
        <>
          <Select<Source | "">
            label={t.accounts.tokenSourceLabel}
            value={source}
            options={[
              ["", t.accounts.tokenSourceAny],
              ...SOURCES.map((each) => [each, t.importing.sourceNames[each]] as const),
            ]}
            onChange={setSource}
          />
          {publishes && (
            <Checkbox
              label={t.accounts.tokenMayPublish}
              isChecked={mayPublish}
              onChange={setMayPublish}
            />
          )}
          <CategoryChoice
            label={
              <>
                {t.accounts.tokenCategories}{" "}
                <span className="sub">{t.accounts.tokenCategoriesHint}</span>
              </>
            }
            chosen={categories}
            onChange={setCategories}
          />
        </>
      )}
      <Select<(typeof EXPIRIES)[number]>
        label={t.accounts.expiry}
        value={expiry}
        options={EXPIRIES.map((each) => [each, t.accounts.expiries[each]])}
        onChange={setExpiry}
      />
      {problems.rest !== undefined && (
        <p className="field-error" role="alert">
          {problems.rest}
        </p>
      )}
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {t.common.cancel}
        </Button>
        <Button type="submit" look="main" isBusy={fetching}>
          {fetching ? t.accounts.creatingToken : t.accounts.createToken}
        </Button>
      </DialogActions>
    </form>
  );
}
