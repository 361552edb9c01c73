// The text: pasted, chosen or dropped; with the movie and the category that it is for.
import { useRef, useState } from "react";
import { useQuery } from "urql";
import { CATEGORIES } from "../catalogue/categories.ts";
import type {
  Category,
  ImportMode,
  NullPolicy,
  Source,
  Stage,
} from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { detect } from "./detect.ts";
import type { TextFile } from "./files.ts";
import { MOVIE_TITLE } from "./queries.ts";
import type { ImportSearch } from "./search.ts";

/** What is sent to be planned. */
export interface Sent {
  name: string;
  text: string;
  movieId: string;
  category?: Category;
  source?: Source;
  mode: ImportMode;
  nulls?: NullPolicy;
  /** It was edited in place: how its values were read is shown at once. */
  isEdit?: true;
  /** The stage that the plan begins with, if it is not the one that the role writes. */
  target?: Stage;
}

interface SourcePageProps {
  file: TextFile;
  place: string | null;
  given: ImportSearch;
  onChange: (text: string) => void;
  onFiles: (files: File[]) => void;
  onSend: (sent: Sent) => void;
  onSkip?: () => void;
}

const SOURCES = ["LLM_GENERATED", "MANUAL", "TMDB"] as const satisfies readonly Source[];

export function SourcePage({
  file,
  place,
  given,
  onChange,
  onFiles,
  onSend,
  onSkip,
}: SourcePageProps) {
  const { text } = file;
  const { mayManage } = useViewer();
  const found = detect(text);
  const [movie, setMovie] = useState<string | null>(null);
  const [category, setCategory] = useState<Category | "" | null>(null);
  const [source, setSource] = useState<Source | "">("");
  const [mode, setMode] = useState<ImportMode>("MERGE");
  const [isAsked, setAsked] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);

  // What the text says counts more than where the page was opened from.
  const movieId = (movie ?? found.movie ?? given.movie ?? "").trim();
  const chosen = category ?? (found.category === undefined ? (given.category ?? "") : "");
  const isEmpty = text.trim() === "";
  const drop = mayManage ? t.importing.dropMany : t.importing.drop;

  const send = () => {
    setAsked(true);
    if (isEmpty || movieId === "") return;
    onSend({
      name: file.name,
      text,
      movieId,
      mode,
      ...(chosen === "" ? {} : { category: chosen }),
      ...(source === "" ? {} : { source }),
    });
  };

  return (
    <div className="page import-page">
      <div className="page-bar">
        <div className="page-title">
          <h1>{t.importing.title}</h1>
          <p className="sub">{place ?? t.importing.lead}</p>
        </div>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            onFiles([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        {onSkip !== undefined && (
          <Button look="ghost" onPress={onSkip}>
            {t.importing.removeFile}
          </Button>
        )}
        <Button onPress={() => chooser.current?.click()}>{t.importing.choose}</Button>
      </div>
      <div className="import-form">
        <label className="field import-text">
          <span className="label">
            {t.importing.text}
            <span className="sub"> {isEmpty ? drop : file.name}</span>
          </span>
          <textarea
            dir="auto"
            spellCheck={false}
            value={text}
            placeholder={t.importing.placeholder}
            onChange={(event) => onChange(event.target.value)}
          />
        </label>
        <div className="import-options">
          <MovieField
            id={movieId}
            onChange={setMovie}
            error={isAsked && movieId === "" ? t.importing.movieMissing : null}
          />
          <Select<Category | "">
            label={t.importing.category}
            value={chosen}
            options={[
              [
                "",
                found.category === undefined
                  ? t.importing.categoryAuto
                  : t.categories[found.category],
              ],
              ...CATEGORIES.filter((each) => each !== found.category).map(
                (each) => [each, t.categories[each]] as const,
              ),
            ]}
            onChange={setCategory}
          />
          <Select<Source | "">
            label={t.importing.source}
            value={source}
            options={[
              ["", t.importing.sourceAuto],
              ...SOURCES.map((each) => [each, t.importing.sourceNames[each]] as const),
            ]}
            onChange={setSource}
          />
          <Select<ImportMode>
            label={t.importing.mode}
            value={mode}
            options={[
              ["MERGE", t.importing.modeMerge],
              ["REPLACE", t.importing.modeReplace],
            ]}
            onChange={setMode}
          />
          <Button look="main" onPress={send} isDisabled={isEmpty}>
            {t.importing.look}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** The id of the movie, with the title that it stands for. */
function MovieField({
  id,
  onChange,
  error,
}: {
  id: string;
  onChange: (id: string) => void;
  error: string | null;
}) {
  const [{ data, fetching }] = useQuery({
    query: MOVIE_TITLE,
    variables: { id },
    pause: id === "",
  });
  const movie = id === "" ? undefined : data?.movie;
  const title =
    movie?.title == null ? null : `${movie.title}${movie.year === null ? "" : ` (${movie.year})`}`;
  const unknown = movie === null && !fetching ? t.movie.notFound(id) : null;
  return (
    <TextField
      label={t.importing.movie}
      value={id}
      onChange={onChange}
      autoComplete="off"
      hint={title ?? t.importing.movieHint}
      error={error ?? unknown}
    />
  );
}
