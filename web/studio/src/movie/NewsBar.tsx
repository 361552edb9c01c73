// Says what somebody else did to the category that is shown, and shows it when it is asked to.
import { t } from "../messages/index.ts";
import { Button } from "../ui/controls.tsx";
import type { CategoryNews, News } from "./useNews.ts";

interface NewsBarProps {
  news: CategoryNews | undefined;
  deletedBy: News["deletedBy"];
  /** The revision that is shown. */
  revision: number;
  onShow: () => void;
}

export function NewsBar({ news, deletedBy, revision, onShow }: NewsBarProps) {
  const sentence = sentenceOf(news, deletedBy, revision);
  return (
    <div role="status" className={sentence === null ? "visually-hidden" : "news-bar"}>
      {sentence !== null && (
        <>
          <p dir="auto">{sentence}</p>
          <Button onPress={onShow}>{t.changes.showIt}</Button>
        </>
      )}
    </div>
  );
}

function sentenceOf(
  news: CategoryNews | undefined,
  deletedBy: News["deletedBy"],
  revision: number,
): string | null {
  if (deletedBy !== null) return t.changes.movieDeleted(deletedBy);
  const { published, draft } = news ?? {};
  if (published !== undefined && published.revision > revision)
    return t.changes.newer(published.author, published.revision);
  if (draft !== undefined)
    return draft.isGone ? t.changes.draftGone(draft.author) : t.changes.draftSaved(draft.author);
  return null;
}
