// The catalogue: where it is thin, and the way to every movie.
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { Category } from "../graphql/generated/graphql.ts";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { isTyping } from "../ui/keys.ts";
import { Failure, Notice } from "../ui/states.tsx";
import type { Selection } from "../ui/selection.ts";
import { useTitle } from "../ui/useTitle.ts";
import type { Subject } from "./bulk/request.ts";
import { useSelection } from "./bulk/useSelection.ts";
import { Chips, Filters, SearchField } from "./Filters.tsx";
import { MovieTable, TableSkeleton } from "./MovieTable.tsx";
import { isFiltered, readCatalogueSearch, type CatalogueSearch } from "./search.ts";
import { Statistics } from "./Statistics.tsx";
import { useMovies } from "./useMovies.ts";
import { useScrollPlace } from "./useScrollPlace.ts";
import "./catalogue.css";

const AddMovie = lazy(() =>
  import("./AddMovie.tsx").then(({ AddMovie }) => ({ default: AddMovie })),
);
const ExportDialog = lazy(() =>
  import("./bulk/ExportDialog.tsx").then(({ ExportDialog }) => ({ default: ExportDialog })),
);
const route = getRouteApi("/");

export function CataloguePage() {
  useTitle(t.catalogue.title);
  const viewer = useViewer();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const field = useRef<HTMLInputElement>(null);
  const [isAdding, setAdding] = useState(false);
  const [exported, setExported] = useState<{ subject: Subject; movies: number } | null>(null);
  const selection = useSelection();
  const list = useMovies(search, viewer.mayDraft);
  useScrollPlace(list.rows.length > 0);

  const change = useCallback(
    (part: { [Key in keyof CatalogueSearch]?: CatalogueSearch[Key] | undefined }) =>
      void navigate({
        search: (before) => readCatalogueSearch({ ...before, ...part }),
        // Typing and ticking is one visit; the back button leaves it.
        replace: true,
        resetScroll: true,
      }),
    [navigate],
  );
  const toggle = (category: Category) => {
    const missing = search.missing ?? [];
    const next = missing.includes(category)
      ? missing.filter((each) => each !== category)
      : [...missing, category];
    change({ missing: next.length === 0 ? undefined : next });
  };

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  return (
    <div className="page">
      <div className="page-bar">
        <h1>{t.catalogue.title}</h1>
        <SearchField search={search} onChange={change} field={field} />
        {viewer.mayDraft && (
          <Link to="/import" className="button at-rail">
            <Icon name="import" />
            {t.catalogue.import}
          </Link>
        )}
        {viewer.mayPublish && (
          <Button look="main" icon="plus" onPress={() => setAdding(true)}>
            {t.catalogue.add}
          </Button>
        )}
      </div>
      <Statistics chosen={search.missing ?? []} onToggle={toggle} />
      <div className="list-bar">
        <Filters search={search} onChange={change} />
        <p className="sub num found" role="status">
          {list.isLoading && list.rows.length === 0
            ? t.common.loading
            : t.catalogue.found(list.total)}
        </p>
        <Button
          icon="export"
          isDisabled={list.rows.length === 0}
          onPress={() => setExported({ subject: { kind: "filtered", search }, movies: list.total })}
        >
          {t.catalogue.export}
        </Button>
      </div>
      <Chips search={search} onChange={change} />
      <Rows
        list={list}
        selection={selection}
        isNarrowed={isFiltered(search)}
        mayAdd={viewer.mayPublish}
        onAdd={() => setAdding(true)}
      />
      {selection.ids.size > 0 && (
        <div className="selection-bar" role="region" aria-label={t.catalogue.selectColumn}>
          <p className="num" role="status">
            {t.catalogue.selected(selection.ids.size)}
          </p>
          <Button look="ghost" onPress={selection.clear}>
            {t.catalogue.unselect}
          </Button>
          <Button
            look="main"
            icon="export"
            onPress={() =>
              setExported({
                subject: { kind: "selected", ids: [...selection.ids] },
                movies: selection.ids.size,
              })
            }
          >
            {t.catalogue.exportSelected}
          </Button>
        </div>
      )}
      {exported !== null && (
        <Suspense>
          <ExportDialog {...exported} onClose={() => setExported(null)} />
        </Suspense>
      )}
      {isAdding && (
        <Suspense>
          <AddMovie isOpen onClose={() => setAdding(false)} />
        </Suspense>
      )}
    </div>
  );
}

interface RowsProps {
  list: ReturnType<typeof useMovies>;
  selection: Selection;
  isNarrowed: boolean;
  mayAdd: boolean;
  onAdd: () => void;
}

function Rows({ list, selection, isNarrowed, mayAdd, onAdd }: RowsProps) {
  if (list.error !== null && list.rows.length === 0)
    return <Failure error={list.error} onRetry={list.retry} />;
  if (list.rows.length > 0) {
    return (
      <>
        <div className={list.isLoading ? "progress on" : "progress"} aria-hidden="true" />
        <MovieTable list={list} selection={selection} />
        <p className="sub list-end">
          {list.error !== null ? (
            <Button onPress={list.retry}>{t.common.tryAgain}</Button>
          ) : list.hasMore ? (
            t.catalogue.more
          ) : (
            <span className="keys-hint">{t.catalogue.keys}</span>
          )}
        </p>
      </>
    );
  }
  if (list.isLoading) return <TableSkeleton />;
  if (isNarrowed)
    return <Notice title={t.catalogue.nothingTitle}>{t.catalogue.nothingText}</Notice>;
  return (
    <Notice
      title={t.catalogue.emptyTitle}
      actions={mayAdd && <Button onPress={onAdd}>{t.catalogue.add}</Button>}
    >
      {mayAdd ? t.catalogue.emptyText : t.catalogue.emptyReader}
    </Notice>
  );
}
