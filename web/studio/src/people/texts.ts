// The texts about people and other names, which are loaded with their pages.
import { people } from "../messages/en/people.ts";
import { partOf } from "../messages/index.ts";

export const texts = partOf("people", people);
