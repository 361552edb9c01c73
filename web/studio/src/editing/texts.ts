// The texts about editing, which are loaded with the editor.
import { editing } from "../messages/en/editing.ts";
import { partOf } from "../messages/index.ts";
import type { Problem } from "./check.ts";

export const texts = partOf("editing", editing);

export const nameOf = (field: string) => texts.fields[field] ?? field.replaceAll("_", " ");

export function problemText(problem: Problem): string {
  const { problems } = texts;
  switch (problem.kind) {
    case "oneOf":
      return problems.oneOf(problem.names.map(nameOf));
    case "tooLong":
      return problems.tooLong(problem.max, problem.length);
    case "number":
      return problems.number(problem.isInteger, problem.min, problem.max);
    default:
      return problems[problem.kind];
  }
}
