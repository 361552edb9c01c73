// The import of documents: first the text, then the plan of what it would change.
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Notice, Skeleton } from "../ui/states.tsx";
import { showToast } from "../ui/toasts.tsx";
import { useTitle } from "../ui/useTitle.ts";
import { choose, leave, useBulk } from "./bulk/store.ts";
import { sortFiles, type TextFile } from "./files.ts";
import { inbox } from "./inbox.ts";
import { PlanPage } from "./PlanPage.tsx";
import { forget, keep, kept } from "./keeping.ts";
import { SourcePage, type Sent } from "./SourcePage.tsx";
import "./importing.css";

const BulkPage = lazy(() =>
  import("./bulk/BulkPage.tsx").then(({ BulkPage }) => ({ default: BulkPage })),
);
const route = getRouteApi("/import");

export function ImportPage() {
  useTitle(t.importing.title);
  const viewer = useViewer();
  const search = route.useSearch();
  const bulk = useBulk(viewer.id);
  const [files, setFiles] = useState<TextFile[]>(() => {
    const text = kept(viewer.id);
    return [{ name: t.importing.pasted, text }];
  });
  const [at, setAt] = useState(0);
  const [sent, setSent] = useState<Sent | null>(null);
  const [isReading, setReading] = useState(false);
  const file = files[at] ?? { name: t.importing.pasted, text: "" };

  useEffect(() => keep(viewer.id, file.text), [viewer.id, file.text]);

  const change = useCallback(
    (text: string) =>
      setFiles((before) => before.map((each, index) => (index === at ? { ...each, text } : each))),
    [at],
  );
  const queue = useCallback((texts: TextFile[]) => {
    leave();
    setSent(null);
    setFiles(texts);
    setAt(0);
  }, []);
  const { id: account, mayManage } = viewer;
  const add = useCallback(
    async (added: File[]) => {
      setReading(true);
      const { together, texts, refused } = await sortFiles(added, mayManage);
      setReading(false);
      for (const { name, reason } of refused)
        showToast(t.importing.refused[reason](name), { tone: "failed" });
      if (together !== null) choose(account, together, texts);
      else if (texts.length > 0) queue(texts);
    },
    [account, mayManage, queue],
  );
  useEffect(() => inbox.open((added) => void add(added)), [add]);
  const next = () => {
    setSent(null);
    if (at + 1 < files.length) setAt(at + 1);
    else {
      forget(viewer.id);
      setFiles([{ name: t.importing.pasted, text: "" }]);
      setAt(0);
    }
  };

  if (!viewer.mayDraft)
    return (
      <Notice level={1} title={t.importing.title}>
        {t.importing.viewer}
      </Notice>
    );
  if (bulk !== null)
    return (
      <Suspense
        fallback={
          <div className="page">
            <Skeleton />
          </div>
        }
      >
        <BulkPage bulk={bulk} onSingle={queue} />
      </Suspense>
    );
  const place = files.length > 1 ? t.importing.queue(at + 1, files.length) : null;
  return sent === null ? (
    <SourcePage
      key={`${at} ${file.name}`}
      file={file}
      place={isReading ? t.importing.reading : place}
      given={search}
      onChange={change}
      onFiles={(added) => void add(added)}
      onSend={setSent}
      {...(files.length > 1 ? { onSkip: next } : {})}
    />
  ) : (
    <PlanPage
      sent={sent}
      place={place}
      onEdit={() => setSent(null)}
      onDone={next}
      hasNext={at + 1 < files.length}
    />
  );
}
