// The prompt that asks a model to enrich a document: instructions, the schema of the document, and
// the document. It is in English whatever the language of the interface is, since models follow
// English instructions best and the service reads the English names of fields.
import type { Category } from "../graphql/generated/graphql.ts";
import { slugOf } from "../catalogue/categories.ts";

interface PromptParts {
  movie: string;
  category: Category;
  document: unknown;
  schema: unknown;
}

export async function fetchSchema(category: Category): Promise<unknown> {
  const response = await fetch(`/api/v1/schemas/${slugOf(category)}`);
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  return response.json() as Promise<unknown>;
}

export function promptOf({ movie, category, document, schema }: PromptParts): string {
  const name = category.toLowerCase();
  return `Enrich the ${name} of the movie ${movie} for a film catalogue.

The JSON file below is an export of what the catalogue has now. Add what is missing
and correct what is wrong.

Rules:
- Answer with the whole JSON file in one code block, and nothing else.
- Keep "category", "movie_id", "version" and "metadata" as they are, and keep every id.
- A new list item gets no id.
- Change only what you know to be true. Leave out a field that you are not sure of;
  do not write null, "N/A" or a guess.
- Do not write links that you have not seen. Do not shorten lists with "...".
- The file must satisfy the JSON Schema.

JSON Schema:
\`\`\`json
${JSON.stringify(schema)}
\`\`\`

File:
\`\`\`json
${JSON.stringify(document, null, 2)}
\`\`\`
`;
}

const CHARACTERS_PER_TOKEN = 4;

/** About how many tokens a prompt has: the document's are counted by the service. */
export function tokensOf(prompt: string, document: unknown, documentTokens: number): number {
  const rest = prompt.length - JSON.stringify(document, null, 2).length;
  return documentTokens + Math.ceil(rest / CHARACTERS_PER_TOKEN);
}
