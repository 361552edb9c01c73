// Passwords and links that an admin hands over.

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS = 5;
const GROUP = 4;

/** A password that can be read aloud: five groups of four, 100 random bits. */
export function makePassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GROUPS * GROUP));
  const letters = Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length] ?? "");
  return Array.from({ length: GROUPS }, (_, at) =>
    letters.slice(at * GROUP, (at + 1) * GROUP).join(""),
  ).join("-");
}

/** The address that a person opens to set a password. What follows # is not sent to servers. */
export const linkOf = (secret: string) => `${location.origin}/set-password#${secret}`;
