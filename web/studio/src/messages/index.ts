// The texts in the first language of the browser that there is a catalogue for, and dates and
// numbers as that language writes them.
import { en, type Messages } from "./en.ts";

/** A catalogue of another language; texts that it lacks are shown in English. */
export type Translation = { [Part in keyof Messages]?: Partial<Messages[Part]> };

const translations: Record<string, Translation> = {};

function choose(): { language: string; messages: Messages } {
  for (const language of navigator.languages) {
    const base = language.split("-")[0] ?? "";
    if (base === "en") return { language, messages: en };
    const translation = translations[base];
    if (translation !== undefined) {
      const parts = Object.entries(en).map(([part, texts]) => {
        const own = translation[part as keyof Messages];
        return [
          part,
          typeof texts === "object" ? { ...texts, ...(own as object | undefined) } : (own ?? texts),
        ];
      });
      return { language, messages: Object.fromEntries(parts) as Messages };
    }
  }
  return { language: "en", messages: en };
}

export const { language, messages: t } = choose();
