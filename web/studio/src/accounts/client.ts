// What a session calls itself, as a person would say it.
import { t } from "../messages/index.ts";

const BROWSERS: [RegExp, string][] = [
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux|X11/, "Linux"],
];

/** "Firefox on Linux" for a browser; else the name that the client gave, without its version. */
export function clientName(text: string): string {
  if (text.trim() === "") return t.accounts.unknownClient;
  const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(text))?.[1];
  const browser = text.startsWith("Mozilla/") ? find(BROWSERS) : undefined;
  const system = find(SYSTEMS);
  if (browser !== undefined)
    return system === undefined ? browser : t.accounts.browser(browser, system);
  return text.split(/[/ ]/)[0] ?? text;
}
