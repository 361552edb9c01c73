// Files can be dropped on every page: they are opened on the import page.
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { inbox } from "../importing/inbox.ts";
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
      inbox.put([...(event.dataTransfer?.files ?? [])]);
      if (location.pathname !== "/import") void navigate({ to: "/import" });
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
