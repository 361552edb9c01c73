// The texts in the first language of the browser that there is a catalogue for, and dates and
// numbers as that language writes them.
import { en, type Messages } from "./en.ts";
import type { drafts } from "./en/drafts.ts";
import type { editing } from "./en/editing.ts";

/** The parts that are loaded with their pages, so that the first page does not wait for them. */
interface LaterMessages {
  drafts: typeof drafts;
  editing: typeof editing;
}

type AllMessages = Messages & LaterMessages;

/** A catalogue of another language; texts that it lacks are shown in English. */
export type Translation = { [Part in keyof AllMessages]?: Partial<AllMessages[Part]> };

const translations: Record<string, Translation> = {};

function choose(): { language: string; messages: Messages; translation: Translation } {
  for (const language of navigator.languages) {
    const base = language.split("-")[0] ?? "";
    if (base === "en") return { language, messages: en, translation: {} };
    const translation = translations[base];
    if (translation !== undefined) {
      const parts = Object.entries(en).map(([part, texts]) => {
        const own = translation[part as keyof Messages];
        return [
          part,
          typeof texts === "object" ? { ...texts, ...(own as object | undefined) } : (own ?? texts),
        ];
      });
      return { language, messages: Object.fromEntries(parts) as Messages, translation };
    }
  }
  return { language: "en", messages: en, translation: {} };
}

const chosen = choose();
export const { language, messages: t } = chosen;

/** The texts of a part that is loaded with its pages. */
export const partOf = <Part extends keyof LaterMessages>(
  part: Part,
  english: LaterMessages[Part],
): LaterMessages[Part] => ({ ...english, ...chosen.translation[part] });
