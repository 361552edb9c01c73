// What can be done with a document: save it as a file, copy a prompt, import an answer.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Category, Stage } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { slugOf } from "../catalogue/categories.ts";
import { hasKeptEdits } from "../editing/keeping.ts";
import { Button } from "../ui/controls.tsx";
import { Dialog, DialogActions } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { saveFile } from "../ui/saveFile.ts";
import { showToast } from "../ui/toasts.tsx";
import { fetchSchema, promptOf, tokensOf } from "./prompt.ts";
import type { MovieDocument } from "./queries.ts";

interface ActionsProps {
  id: string;
  title: string;
  year: number | null;
  category: Category;
  stage: Stage;
  found: MovieDocument;
}

export function Actions({ id, title, year, category, stage, found }: ActionsProps) {
  const viewer = useViewer();
  const [prompt, setPrompt] = useState<string | null>(null);
  const [isCopying, setCopying] = useState(false);

  const copy = async () => {
    setCopying(true);
    try {
      const movie = `"${title}"${year === null ? "" : ` (${year})`}`;
      const text = promptOf({
        movie,
        category,
        document: found.document,
        schema: await fetchSchema(category),
      });
      if (await copyText(text)) {
        showToast(t.movie.promptCopied(tokensOf(text, found.document, found.tokenCount)));
      } else setPrompt(text);
    } catch {
      showToast(t.errors.offline, { tone: "failed" });
    } finally {
      setCopying(false);
    }
  };

  return (
    <div className="actions">
      <Button
        icon="export"
        onPress={() => {
          const text = `${JSON.stringify(found.document, null, 2)}\n`;
          saveFile(found.fileName, new Blob([text], { type: "application/json" }));
          showToast(t.movie.exported(found.fileName));
        }}
      >
        {t.movie.export}
      </Button>
      <Button icon="copy" onPress={() => void copy()} isBusy={isCopying}>
        {t.movie.prompt}
        <span className="sub num tokens" title={t.movie.tokens(found.tokenCount)}>
          {t.movie.tokensShort(found.tokenCount)}
        </span>
      </Button>
      {viewer.mayDraft && (
        <Link
          to="/movies/$id/$category"
          params={{ id, category: slugOf(category) }}
          search={{ view: "edit", ...(stage === "DRAFT" ? { stage: "draft" } : {}) }}
          className="button"
        >
          {hasKeptEdits({ account: viewer.id, movie: id, category, stage })
            ? t.movie.resume
            : t.movie.edit}
        </Link>
      )}
      {viewer.mayDraft && (
        <Link to="/import" search={{ movie: id, category }} className="button main">
          <Icon name="import" />
          {t.movie.import}
        </Link>
      )}
      <Dialog
        title={t.movie.promptTitle}
        isOpen={prompt !== null}
        onClose={() => setPrompt(null)}
        isWide
      >
        <p className="sub">{t.movie.promptManual}</p>
        <textarea
          className="prompt-text"
          aria-label={t.movie.promptTitle}
          readOnly
          value={prompt ?? ""}
          onFocus={(event) => event.target.select()}
        />
        <DialogActions>
          <Button onPress={() => setPrompt(null)}>{t.common.close}</Button>
        </DialogActions>
      </Dialog>
    </div>
  );
}

/** False if the browser does not allow it, for example on a page without HTTPS. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
