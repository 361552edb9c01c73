// The drafts that wait for an admin, oldest first.
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { List } from "../ui/List.tsx";
import { NeedsRole } from "../ui/NeedsRole.tsx";
import { Notice } from "../ui/states.tsx";
import { usePages } from "../ui/usePages.ts";
import { useTitle } from "../ui/useTitle.ts";
import { DiscardSelected, PublishAdditions, PublishSelected } from "./BulkDialogs.tsx";
import { DraftChips, DraftFilters } from "./DraftFilters.tsx";
import { DraftTable } from "./DraftTable.tsx";
import { DRAFTS, draftsOf } from "./queries.ts";
import { filterOf, readDraftsSearch, shownFilter, type DraftsChange } from "./search.ts";
import { useSelectedDrafts } from "./selection.ts";
import { SavedViews } from "./SavedViews.tsx";
import { texts } from "./texts.ts";
import { useDraftNews } from "./useDraftNews.ts";
import "../catalogue/catalogue.css";
import "./drafts.css";

const route = getRouteApi("/drafts");
const PAGE = 50;

export function DraftsPage() {
  const { mayDraft } = useViewer();
  return mayDraft ? <Drafts /> : <NeedsRole title={texts.title} role="CONTRIBUTOR" />;
}

function Drafts() {
  useTitle(texts.title);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = filterOf(search);
  const list = usePages(DRAFTS, { filter, first: PAGE }, draftsOf, true);
  const news = useDraftNews(filter);
  const { mayManage } = useViewer();
  const selection = useSelectedDrafts();
  const [dialog, setDialog] = useState<"publish" | "discard" | "additions" | null>(null);
  const close = () => setDialog(null);
  const change = useCallback(
    (part: DraftsChange) =>
      void navigate({
        search: (before) => readDraftsSearch({ ...before, ...part }),
        replace: true,
      }),
    [navigate],
  );
  const showNews = () => {
    news.forget();
    list.retry();
  };
  return (
    <div className="page drafts-page">
      <div className="page-bar">
        <div className="page-title">
          <h1>{texts.title}</h1>
          <p className="sub">{texts.lead}</p>
        </div>
      </div>
      <div className="list-bar">
        <DraftFilters search={search} onChange={change} />
        <p className="sub num found" role="status">
          {list.isLoading && list.nodes.length === 0 ? t.common.loading : texts.found(list.total)}
        </p>
        {mayManage && (
          <Button
            isDisabled={list.isLoading || list.nodes.length === 0}
            onPress={() => setDialog("additions")}
          >
            {texts.bulk.additionsButton}
          </Button>
        )}
      </div>
      <DraftChips
        search={search}
        onChange={change}
        onClear={() => void navigate({ search: {}, replace: true })}
      />
      <SavedViews search={search} />
      <div className="draft-news" role="status">
        {news.changed > 0 && (
          <Button onPress={showNews} icon="history">
            {texts.changed(news.changed)}
          </Button>
        )}
      </div>
      <List list={list} empty={<None isNarrowed={Object.keys(search).length > 0} />}>
        {(drafts) => (
          <DraftTable
            drafts={drafts}
            list={list}
            search={search}
            onChange={change}
            {...(mayManage ? { selection } : {})}
          />
        )}
      </List>
      {mayManage && selection.ids.size > 0 && (
        <div className="selection-bar" role="region" aria-label={texts.columns.select}>
          <p className="num" role="status">
            {texts.bulk.selected(selection.ids.size)}
          </p>
          <Button look="ghost" onPress={selection.clear}>
            {t.catalogue.unselect}
          </Button>
          <Button onPress={() => setDialog("discard")}>{texts.bulk.discardSelected}</Button>
          <Button look="main" onPress={() => setDialog("publish")}>
            {texts.bulk.publishSelected}
          </Button>
        </div>
      )}
      {dialog === "publish" && <PublishSelected onClose={close} />}
      {dialog === "discard" && <DiscardSelected onClose={close} />}
      {dialog === "additions" && (
        <PublishAdditions
          filter={shownFilter(search, list.firstPage?.newest)}
          total={list.total}
          onClose={close}
        />
      )}
    </div>
  );
}

const None = ({ isNarrowed }: { isNarrowed: boolean }) =>
  isNarrowed ? (
    <Notice title={texts.emptyFilteredTitle}>{texts.emptyFiltered}</Notice>
  ) : (
    <Notice title={texts.empty}>{texts.emptyText}</Notice>
  );
