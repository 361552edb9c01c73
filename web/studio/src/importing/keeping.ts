// The text that is being imported survives a reload and a closed tab, for each account.

const MOST = 1_000_000;
const nameOf = (account: string) => `reelport.import.${account}`;

export function kept(account: string): string {
  try {
    return localStorage.getItem(nameOf(account)) ?? "";
  } catch {
    return "";
  }
}

export function keep(account: string, text: string): void {
  try {
    if (text === "" || text.length > MOST) localStorage.removeItem(nameOf(account));
    else localStorage.setItem(nameOf(account), text);
  } catch {
    // The browser has no room or no storage: then the text is as lasting as the tab.
  }
}

export const forget = (account: string) => keep(account, "");
