// A secret that is shown once: it can be selected and copied, and is in no storage.
import { useState } from "react";
import { t } from "../messages/index.ts";
import { Button } from "./controls.tsx";
import "./secret.css";

interface SecretProps {
  label: string;
  value: string;
  hint: string;
}

export function Secret({ label, value, hint }: SecretProps) {
  const [note, setNote] = useState<string | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setNote(t.common.copied);
    } catch {
      // Browsers allow copying over HTTPS and on localhost only.
      setNote(t.common.copyByHand);
    }
  };
  return (
    <div className="secret">
      <span className="label" id="secret-label">
        {label}
      </span>
      <div className="secret-line">
        <input
          className="input"
          readOnly
          value={value}
          aria-labelledby="secret-label"
          onFocus={(event) => event.target.select()}
        />
        <Button icon="copy" onPress={() => void copy()}>
          {t.common.copy}
        </Button>
      </div>
      <p className="sub">{hint}</p>
      <p className="sub" role="status">
        {note}
      </p>
    </div>
  );
}
