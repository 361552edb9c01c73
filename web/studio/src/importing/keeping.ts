// The text that is being imported survives a reload and a closed tab, for each account.
import { storage } from "../session/storage.ts";

const MOST = 1_000_000;
const nameOf = (account: string) => `reelport.import.${account}`;

export const kept = (account: string): string => storage.get(nameOf(account)) ?? "";

export function keep(account: string, text: string): void {
  if (text === "" || text.length > MOST) storage.remove(nameOf(account));
  // Without room or storage, the text is as lasting as the tab.
  else storage.set(nameOf(account), text);
}

export const forget = (account: string) => keep(account, "");
