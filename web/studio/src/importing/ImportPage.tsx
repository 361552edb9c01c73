// The import of documents: first the text, then the plan of what it would change.
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { t } from "../messages/index.ts";
import { useViewer } from "../session/useSession.ts";
import { Notice } from "../ui/states.tsx";
import { useTitle } from "../ui/useTitle.ts";
import { inbox, type TextFile } from "./files.ts";
import { PlanPage } from "./PlanPage.tsx";
import { forget, keep, kept } from "./keeping.ts";
import { SourcePage, type Sent } from "./SourcePage.tsx";
import "./importing.css";

const route = getRouteApi("/import");

export function ImportPage() {
  useTitle(t.importing.title);
  const viewer = useViewer();
  const search = route.useSearch();
  const [files, setFiles] = useState<TextFile[]>(() => {
    const text = kept(viewer.id);
    return [{ name: t.importing.pasted, text }];
  });
  const [at, setAt] = useState(0);
  const [sent, setSent] = useState<Sent | null>(null);
  const file = files[at] ?? { name: t.importing.pasted, text: "" };

  useEffect(() => keep(viewer.id, file.text), [viewer.id, file.text]);

  const change = useCallback(
    (text: string) =>
      setFiles((before) => before.map((each, index) => (index === at ? { ...each, text } : each))),
    [at],
  );
  const add = useCallback((added: TextFile[]) => {
    if (added.length === 0) return;
    setSent(null);
    setFiles(added);
    setAt(0);
  }, []);
  useEffect(() => inbox.open(add), [add]);
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
  const place = files.length > 1 ? t.importing.queue(at + 1, files.length) : null;
  return sent === null ? (
    <SourcePage
      key={`${at} ${file.name}`}
      file={file}
      place={place}
      given={search}
      onChange={change}
      onFiles={add}
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
