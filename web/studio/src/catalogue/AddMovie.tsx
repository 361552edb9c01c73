import { useNavigate } from "@tanstack/react-router";
import { useState, type SubmitEvent } from "react";
import { useMutation } from "urql";
import { t } from "../messages/index.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { explain } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { CREATE_MOVIE } from "./queries.ts";

export function AddMovie({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog title={t.addMovie.title} isOpen={isOpen} onClose={onClose}>
      <AddMovieForm onClose={onClose} />
    </Dialog>
  );
}

function AddMovieForm({ onClose }: { onClose: () => void }) {
  const [id, setId] = useState("");
  const [title, setTitle] = useState("");
  const [errors, setErrors] = useState<{ id?: string; title?: string }>({});
  const [{ fetching }, create] = useMutation(CREATE_MOVIE);
  const navigate = useNavigate();

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (fetching) return;
    const { data, error } = await create({ input: { id: id.trim(), title: title.trim() } });
    if (error !== undefined) {
      setErrors({ title: explain(error) });
      return;
    }
    const problems = data?.createMovie.userErrors ?? [];
    if (problems.length > 0) {
      const about = (name: string) =>
        problems
          .filter(({ field }) => field?.at(-1) === name)
          .map(({ message }) => message)
          .join(" ");
      const rest = problems.filter(({ field }) => !["id", "title"].includes(field?.at(-1) ?? ""));
      const texts = {
        id: about("id"),
        title: [about("title"), ...rest.map(({ message }) => message)].join(" ").trim(),
      };
      setErrors({
        ...(texts.id === "" ? {} : { id: texts.id }),
        ...(texts.title === "" ? {} : { title: texts.title }),
      });
      return;
    }
    const movie = data?.createMovie.movie;
    onClose();
    if (movie) {
      showToast(t.addMovie.added(movie.title ?? movie.id));
      void navigate({
        to: "/movies/$id/$category",
        params: { id: movie.id, category: "basic-info" },
      });
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextField
        label={t.addMovie.id}
        hint={t.addMovie.idHint}
        value={id}
        onChange={setId}
        isRequired
        autoFocus
        autoComplete="off"
        error={errors.id ?? null}
      />
      <TextField
        label={t.addMovie.name}
        value={title}
        onChange={setTitle}
        isRequired
        autoComplete="off"
        error={errors.title ?? null}
      />
      <DialogActions>
        <Button look="ghost" onPress={onClose}>
          {t.common.cancel}
        </Button>
        <Button type="submit" look="main" isBusy={fetching}>
          {fetching ? t.addMovie.busy : t.addMovie.submit}
        </Button>
      </DialogActions>
    </form>
  );
}
