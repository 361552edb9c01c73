// Files can be dropped on every page: they are opened on the import page.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { inbox, readFiles } from "../importing/files.ts";
import { t } from "../messages/index.ts";

export function DropZone() {
  const navigate = useNavigate();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      void readFiles(event.dataTransfer?.files ?? null).then((files) => {
        if (files.length === 0) return;
        inbox.put(files);
        if (location.pathname !== "/import") void navigate({ to: "/import" });
      });
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, [navigate]);
  return isOver ? <div className="drop-note">{t.importing.dropHere}</div> : null;
}
