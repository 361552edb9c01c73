// A field that searches while one types. The text is in the address once typing has paused.
import type { RefObject } from "react";
import { Icon } from "./Icon.tsx";
import { useTyped } from "./useTyped.ts";

interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
  field?: RefObject<HTMLInputElement | null>;
  /** The key that leads to the field, if the page has one. */
  shortcut?: string;
  autoFocus?: boolean;
}

export function SearchField(props: SearchFieldProps) {
  const { label, value, onChange, field, shortcut, autoFocus = false } = props;
  const [text, setText] = useTyped(value, onChange);
  return (
    <label className="search-field">
      <span className="visually-hidden">{label}</span>
      <Icon name="search" />
      <input
        {...(field === undefined ? {} : { ref: field })}
        type="search"
        dir="auto"
        value={text}
        placeholder={label}
        autoFocus={autoFocus}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || text === "") return;
          event.stopPropagation();
          setText("");
          event.currentTarget.blur();
        }}
      />
      {shortcut !== undefined && (
        <kbd className="kbd" aria-hidden="true">
          {shortcut}
        </kbd>
      )}
    </label>
  );
}
