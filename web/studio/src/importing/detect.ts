// What a text says about itself: which movie and category it is for, and where a value stands.
import { readCategory } from "../catalogue/categories.ts";
import type { Category } from "../graphql/generated/graphql.ts";

export interface Found {
  movie?: string;
  category?: Category;
}

const MOVIE = /"(?:movie_id|movieId)"\s*:\s*"([A-Za-z0-9][A-Za-z0-9._-]{0,63})"/;
const CATEGORY =
  /"category"\s*:\s*"(basic[_-]info|cast[_-]crew|timeline|trivia|awards|media|streaming)"/i;

/** The movie and the category that a text names. The service reads them again, and more exactly. */
export function detect(text: string): Found {
  const movie = MOVIE.exec(text)?.[1];
  const category = readCategory(CATEGORY.exec(text)?.[1] ?? "");
  return {
    ...(movie === undefined ? {} : { movie }),
    ...(category === undefined ? {} : { category }),
  };
}

/**
 * The line, from 1, of the value at a JSON Pointer into a document's data. Undefined if the text is
 * not plain JSON up to there.
 */
export function lineOf(text: string, pointer: string): number | undefined {
  const start = text.indexOf("{");
  if (start < 0) return undefined;
  const wanted = pointer.split("/").slice(1);
  const at = find(text, start, ["data", ...wanted]) ?? find(text, start, wanted);
  return at === undefined ? undefined : text.slice(0, at).split("\n").length;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SPACE = /[\s,:]*/y;
const ATOM = /[^\s,:[\]{}"]+/y;

/** The offset of the value at a path below the value at `start`. */
function find(text: string, start: number, path: readonly string[]): number | undefined {
  let at = start;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  // Walks a value; returns the offset of the value at the rest of the path, if it is in it.
  const walk = (rest: readonly string[] | null): number | undefined => {
    match(SPACE);
    if (rest?.length === 0) return at;
    const open = text[at];
    if (open === '"') {
      if (match(STRING) === undefined) at = text.length;
      return undefined;
    }
    if (open !== "{" && open !== "[") {
      if (match(ATOM) === undefined) at = text.length;
      return undefined;
    }
    at += 1;
    const close = open === "{" ? "}" : "]";
    for (let index = 0; at < text.length; index += 1) {
      match(SPACE);
      if (text[at] === close) {
        at += 1;
        return undefined;
      }
      const key = open === "{" ? match(STRING)?.slice(1, -1) : `${index}`;
      if (key === undefined) {
        at = text.length;
        return undefined;
      }
      const found = walk(rest !== null && rest[0] === key ? rest.slice(1) : null);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(path);
}
