// The names of an entity: the main one, one more, and those to remove.
import { useState, type SubmitEvent } from "react";
import { useClient } from "urql";
import { t } from "../messages/index.ts";
import { Button, Checkbox, TextField } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { problemsOf, type Problems } from "../ui/problems.ts";
import { showToast } from "../ui/toasts.tsx";
import { UPDATE_CEREMONY, UPDATE_GENRE, UPDATE_PERSON, UPDATE_PLATFORM } from "./entityQueries.ts";
import type { Kind } from "./kinds.ts";
import { texts } from "./texts.ts";

const FIELDS = ["name", "addAliases", "removeAliases"] as const;

interface Entity {
  id: string;
  name: string;
  aliases: string[];
}

interface EditNamesProps {
  kind: Kind;
  entity: Entity;
  onClose: () => void;
}

export function EditNames({ kind, entity, onClose }: EditNamesProps) {
  return (
    <Dialog title={texts.editTitle(entity.name)} isOpen onClose={onClose}>
      <Form kind={kind} entity={entity} onClose={onClose} />
    </Dialog>
  );
}

function Form({ kind, entity, onClose }: EditNamesProps) {
  const update = useUpdate(kind);
  const [name, setName] = useState(entity.name);
  const [added, setAdded] = useState("");
  const [removed, setRemoved] = useState<readonly string[]>([]);
  const [problems, setProblems] = useState<Problems<(typeof FIELDS)[number]>>({});
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    const { error, userErrors } = await update({
      id: entity.id,
      ...(name.trim() === entity.name ? {} : { name: name.trim() }),
      ...(added.trim() === "" ? {} : { addAliases: [added.trim()] }),
      ...(removed.length === 0 ? {} : { removeAliases: [...removed] }),
    });
    setBusy(false);
    const found = problemsOf(FIELDS, error, userErrors);
    if (found !== null) {
      setProblems(found);
      return;
    }
    showToast(texts.saved(name.trim()));
    onClose();
  };

  const rest = problems.rest ?? problems.removeAliases;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField
        label={texts.name}
        hint={texts.nameHint}
        value={name}
        onChange={setName}
        isRequired
        autoComplete="off"
        error={problems.name ?? null}
      />
      <TextField
        label={texts.addAlias}
        hint={texts.addAliasHint}
        value={added}
        onChange={setAdded}
        autoComplete="off"
        error={problems.addAliases ?? null}
      />
      {entity.aliases.length > 0 && (
        <fieldset className="choices">
          <legend>{texts.removeAlias}</legend>
          {entity.aliases.map((alias) => (
            <Checkbox
              key={alias}
              label={<bdi>{alias}</bdi>}
              isChecked={removed.includes(alias)}
              onChange={(isChecked) =>
                setRemoved((before) =>
                  isChecked ? [...before, alias] : before.filter((each) => each !== alias),
                )
              }
            />
          ))}
        </fieldset>
      )}
      {rest !== undefined && (
        <p className="field-error" role="alert">
          {rest}
        </p>
      )}
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {t.common.cancel}
        </Button>
        <Button type="submit" look="main" isBusy={isBusy}>
          {texts.save}
        </Button>
      </DialogActions>
    </form>
  );
}

interface Input {
  id: string;
  name?: string;
  addAliases?: string[];
  removeAliases?: string[];
}

function useUpdate(kind: Kind) {
  const client = useClient();
  return async (input: Input) => {
    switch (kind) {
      case "people": {
        const { data, error } = await client.mutation(UPDATE_PERSON, { input });
        return { error, userErrors: data?.updatePerson.userErrors };
      }
      case "ceremonies": {
        const { data, error } = await client.mutation(UPDATE_CEREMONY, { input });
        return { error, userErrors: data?.updateCeremony.userErrors };
      }
      case "platforms": {
        const { data, error } = await client.mutation(UPDATE_PLATFORM, { input });
        return { error, userErrors: data?.updatePlatform.userErrors };
      }
      case "genres": {
        const { data, error } = await client.mutation(UPDATE_GENRE, { input });
        return { error, userErrors: data?.updateGenre.userErrors };
      }
    }
  };
}
