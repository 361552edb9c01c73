// A plugin for Vite: puts each GraphQL document, parsed, in the place of its `graphql(…)` call, with
// the fragments that it spreads. The function that the generator writes holds all documents of the
// program; without it, each page has its own only.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse, visit } from "graphql";

const CALL = /\bgraphql\(\s*`([^`]*)`,?\s*\)/g;
const SOURCE = /\.tsx?$/;

/** @param {string} text */
const definitionsIn = (text) => parse(text, { noLocation: true }).definitions;

/**
 * The names of the fragments that a definition spreads.
 *
 * @param {import("graphql").DefinitionNode} definition
 */
function spreadsOf(definition) {
  /** @type {string[]} */
  const names = [];
  visit(definition, { FragmentSpread: ({ name }) => void names.push(name.value) });
  return names;
}

/**
 * @param {string} folder of the sources
 * @returns {import("vite").Plugin}
 */
export function inlineDocuments(folder) {
  /** @type {Map<string, import("graphql").FragmentDefinitionNode>} */
  const fragments = new Map();

  /** @param {string} text */
  function documentOf(text) {
    const definitions = [...definitionsIn(text)];
    const known = new Set(definitions.map((each) => "name" in each && each.name?.value));
    // The list grows by the fragments of fragments.
    for (const definition of definitions) {
      for (const name of spreadsOf(definition)) {
        if (known.has(name)) continue;
        known.add(name);
        const fragment = fragments.get(name);
        if (fragment === undefined) throw new Error(`there is no fragment ${name}`);
        definitions.push(fragment);
      }
    }
    return JSON.stringify({ kind: "Document", definitions });
  }

  return {
    name: "inline-documents",
    apply: "build",
    enforce: "pre",
    buildStart() {
      for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (!SOURCE.test(file) || file.includes("generated")) continue;
        for (const [, text = ""] of readFileSync(path.join(folder, file), "utf8").matchAll(CALL)) {
          for (const definition of definitionsIn(text)) {
            if (definition.kind === "FragmentDefinition")
              fragments.set(definition.name.value, definition);
          }
        }
      }
    },
    transform(code, id) {
      if (!id.startsWith(folder) || !SOURCE.test(id) || id.includes("generated")) return null;
      if (!code.includes("graphql(`")) return null;
      return { code: code.replace(CALL, (_call, text) => `(${documentOf(text)})`), map: null };
    },
  };
}
