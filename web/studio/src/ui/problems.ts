// What a mutation complains about, sorted by the fields of a form.
import type { CombinedError } from "urql";
import { explain } from "./states.tsx";

interface UserError {
  field: string[] | null;
  message: string;
}

/** The messages for each of `fields`; those about nothing in the form are under `rest`. */
export type Problems<Field extends string> = { [Name in Field | "rest"]?: string };

export function problemsOf<Field extends string>(
  fields: readonly Field[],
  error: CombinedError | undefined,
  userErrors: readonly UserError[] | undefined,
): Problems<Field> | null {
  if (error !== undefined) return { rest: explain(error) };
  if (userErrors === undefined || userErrors.length === 0) return null;
  const problems: Problems<Field> = {};
  for (const { field, message } of userErrors) {
    const name: Field | "rest" = fields.find((each) => field?.includes(each) === true) ?? "rest";
    const before = problems[name];
    const text = sentence(message);
    problems[name] = before === undefined ? text : `${before} ${text}`;
  }
  return problems;
}

/** "the password is wrong" as a sentence. */
export const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/([.!?])\.$/, "$1");
