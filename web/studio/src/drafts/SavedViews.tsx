// The saved views: each is a link to its filters.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { t } from "../messages/index.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import type { DraftsSearch } from "./search.ts";
import { texts } from "./texts.ts";
import { isSame, MAX_NAME, useViews } from "./views.ts";

export function SavedViews({ search }: { search: DraftsSearch }) {
  const { views, save, remove } = useViews();
  const [isNaming, setNaming] = useState(false);
  const current = views.find((view) => isSame(view.search, search));
  const isFiltered = Object.keys(search).length > 0;
  if (views.length === 0 && !isFiltered) return null;
  return (
    <nav className="draft-views" aria-label={texts.views.title}>
      {views.map((view) => (
        <Link
          key={view.name}
          to="/drafts"
          search={view.search}
          activeOptions={{ exact: true }}
          className="chip"
          aria-current={view === current ? "true" : undefined}
          replace
        >
          <bdi>{view.name}</bdi>
        </Link>
      ))}
      {current !== undefined ? (
        <Button look="ghost" onPress={() => remove(current)}>
          {texts.views.remove(current.name)}
        </Button>
      ) : (
        isFiltered && (
          <Button look="ghost" onPress={() => setNaming(true)}>
            {texts.views.save}
          </Button>
        )
      )}
      {isNaming && (
        <NameDialog
          onClose={() => setNaming(false)}
          onName={(name) => {
            save({ name, search });
            setNaming(false);
          }}
        />
      )}
    </nav>
  );
}

interface NameProps {
  onClose: () => void;
  onName: (name: string) => void;
}

function NameDialog({ onClose, onName }: NameProps) {
  const [name, setName] = useState("");
  const trimmed = name.trim();
  return (
    <Dialog title={texts.views.saveTitle} isOpen onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (trimmed !== "") onName(trimmed);
        }}
      >
        <TextField
          label={texts.views.name}
          hint={texts.views.hint}
          value={name}
          onChange={setName}
          maxLength={MAX_NAME}
          autoFocus
        />
        <DialogActions>
          <Button look="ghost" onPress={onClose}>
            {t.common.cancel}
          </Button>
          <Button look="main" type="submit" isDisabled={trimmed === ""}>
            {texts.views.saveNow}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
