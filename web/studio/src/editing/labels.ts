// How an item is called in a list: its name, and what else tells it from others.
import { normalise, textOf, type Item } from "./edits.ts";
import type { ListField } from "./fields.ts";
import { texts } from "./texts.ts";

const NAMES = ["name", "title", "text", "question", "ceremony", "platform", "caption", "url"];
const DETAILS = [
  "character",
  "job",
  "department",
  "date",
  "year",
  "category",
  "nominee",
  "result",
  "region",
  "type",
  "quality",
  "price",
  "kind",
  "answer",
];

export function labelOf(list: ListField, item: Item): { name: string; details: string } {
  const textIn = (name: string) => {
    const field = list.fields.find((each) => each.name === name);
    return field === undefined ? "" : textOf(normalise(field, item[name]));
  };
  const name = NAMES.map(textIn).find((text) => text !== "") ?? texts.untitled;
  const details = DETAILS.map(textIn).filter((text) => text !== "");
  return { name, details: details.join(" · ") };
}
