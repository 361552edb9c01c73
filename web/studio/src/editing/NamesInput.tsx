// A list of names: each can be removed, and one can be added.
import { useState } from "react";
import { Button, IconButton, TextField } from "../ui/controls.tsx";
import { texts } from "./texts.ts";

interface NamesInputProps {
  label: string;
  hint: string;
  error: string | null;
  names: readonly string[];
  onChange: (names: string[]) => void;
}

export function NamesInput({ label, hint, error, names, onChange }: NamesInputProps) {
  const [text, setText] = useState("");
  const add = () => {
    const name = text.trim();
    setText("");
    if (name !== "" && !names.includes(name)) onChange([...names, name]);
  };
  return (
    <div className="names-input">
      {names.length > 0 && (
        <ul aria-label={label}>
          {names.map((name) => (
            <li key={name} className="tag">
              <span dir="auto">{name}</span>
              <IconButton
                icon="close"
                label={texts.removeName(name)}
                onPress={() => onChange(names.filter((each) => each !== name))}
              />
            </li>
          ))}
        </ul>
      )}
      <div className="add-name">
        <TextField
          label={label}
          value={text}
          hint={hint}
          error={error}
          autoComplete="off"
          onChange={setText}
          onKeyDown={(event) => {
            if (event.key === "Enter") add();
          }}
          onBlur={add}
        />
        <Button onPress={add}>{texts.addName}</Button>
      </div>
    </div>
  );
}
