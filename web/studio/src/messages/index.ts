// The texts in the first language of the browser that there is a catalogue for, and dates and
// numbers as that language writes them.
import { en, type Messages } from "./en.ts";
import type { audit } from "./en/audit.ts";
import type { drafts } from "./en/drafts.ts";
import type { editing } from "./en/editing.ts";
import type { people } from "./en/people.ts";

/** The parts that are loaded with their pages, so that the first page does not wait for them. */
interface LaterMessages {
  audit: typeof audit;
  drafts: typeof drafts;
  editing: typeof editing;
  people: typeof people;
}

type AllMessages = Messages & LaterMessages;

/** The texts of a part, whole or not: a group of texts within it is translated as a whole. */
type PartOf<Part> = Part extends (...given: never[]) => unknown
  ? Part
  : { [Name in keyof Part]?: Part[Name] };

/** A catalogue of another language; texts that it lacks are shown in English. */
export type Translation = { [Part in keyof AllMessages]?: PartOf<AllMessages[Part]> };

/** The catalogues of other languages are loaded when they are needed. */
const translations: Record<string, () => Promise<Translation>> = {
  de: async () => (await import("./de.ts")).de,
  hi: async () => (await import("./hi.ts")).hi,
};

interface Chosen {
  language: string;
  messages: Messages;
  translation: Translation;
}

async function choose(): Promise<Chosen> {
  for (const language of navigator.languages) {
    const base = language.split("-")[0] ?? "";
    if (base === "en") return { language, messages: en, translation: {} };
    const load = translations[base];
    if (load === undefined) continue;
    try {
      const translation = await load();
      return { language, messages: merged(translation), translation };
    } catch {
      // A catalogue that cannot be loaded does not keep the Studio from opening.
      break;
    }
  }
  return { language: "en", messages: en, translation: {} };
}

function merged(translation: Translation): Messages {
  const parts = Object.entries(en).map(([part, texts]) => {
    const own = translation[part as keyof Messages];
    return [
      part,
      typeof texts === "object" ? { ...texts, ...(own as object | undefined) } : (own ?? texts),
    ];
  });
  return Object.fromEntries(parts) as Messages;
}

/** The texts. They are in English until `loadLanguage` has ended, before anything is shown. */
export let t: Messages = en;
/** The language of texts, dates and numbers, such as de-AT. */
export let language = "en";
let translation: Translation = {};

/** Loads the texts of the language of the browser. */
export async function loadLanguage(): Promise<void> {
  const chosen = await choose();
  t = chosen.messages;
  language = chosen.language;
  translation = chosen.translation;
}

/** The texts of a part that is loaded with its pages. */
export const partOf = <Part extends keyof LaterMessages>(
  part: Part,
  english: LaterMessages[Part],
): LaterMessages[Part] => ({ ...english, ...translation[part] });
