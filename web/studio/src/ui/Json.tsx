// JSON with colours and folding. This module brings the editor, so it is loaded when it is needed.
import { defaultKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import {
  bracketMatching,
  codeFolding,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  syntaxHighlighting,
} from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import "./json.css";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--add)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--conflict)" },
  { tag: [tags.brace, tags.squareBracket, tags.separator], color: "var(--text-2)" },
]);

export function Json({ text, label }: { text: string; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({
            "aria-label": label,
            "aria-readonly": "true",
            tabindex: "0",
          }),
          lineNumbers(),
          foldGutter(),
          codeFolding(),
          bracketMatching(),
          json(),
          search({ top: true }),
          highlightSelectionMatches(),
          syntaxHighlighting(colours),
          keymap.of([...defaultKeymap, ...searchKeymap, ...foldKeymap]),
        ],
      }),
    });
    return () => view.destroy();
  }, [text, label]);
  return <div ref={place} className="json" />;
}
