// The rules of graphql-eslint for schema.graphql and for the operations of the client programs:
// the recommended sets, and what is argued beside each difference. ESLint runs in the repository's
// root folder, which paths are relative to.
import graphql from "@graphql-eslint/eslint-plugin";

const plugins = { "@graphql-eslint": graphql };
const { configs } = graphql;

// Names of operations are unique within a project.
const projects = {
  "graphql-codegen": "graphql-codegen/src/*.ts",
  "gql-tada": "gql-tada/*.ts",
  relay: "relay/*.ts",
  "ariadne-codegen": "ariadne-codegen/*.graphql",
};
const languageOptions = {
  parser: graphql.parser,
  parserOptions: {
    graphQLConfig: {
      projects: Object.fromEntries(
        Object.entries(projects).map(([name, documents]) => [
          name,
          { schema: "schema.graphql", documents: `clients/${documents}` },
        ]),
      ),
    },
  },
};

const schema = {
  files: ["schema.graphql"],
  plugins,
  languageOptions,
  rules: {
    ...configs["flat/schema-recommended"].rules,
    ...configs["flat/schema-relay"].rules,

    // Everything has a description: a front-end developer may see nothing else. (Arguments too,
    // which `tests/it/schema.rs` checks: here the built-in directives would be in the way.)
    "@graphql-eslint/require-description": [
      "error",
      {
        types: true,
        rootField: true,
        DirectiveDefinition: true,
        EnumValueDefinition: true,
        FieldDefinition: true,
      },
    ],
    // One input and one payload for each mutation, so that both can grow.
    "@graphql-eslint/input-name": [
      "error",
      { checkInputType: true, caseSensitiveInputType: false },
    ],
    "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
    // A field that will go says when.
    "@graphql-eslint/require-deprecation-date": "error",
    // Exactly one field of a oneOf input is given, so each may be left out.
    "@graphql-eslint/require-nullable-fields-with-oneof": "error",

    // Lists of a document, of a plan or of names are whole, not pages; pages are connections. Entries
    // of a filmography, nominations and possible duplicates have no id of their own.
    "@graphql-eslint/relay-edge-types": [
      "error",
      { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false, withEdgeSuffix: true },
    ],
    // Documents, plans and payloads are parts of what contains them and have no id of their own.
    "@graphql-eslint/strict-id-in-types": "off",
    // Names that the files have too: `awards` in Awards, `draft_revision` in the metadata.
    "@graphql-eslint/no-typename-prefix": "off",
  },
};

export default [
  { ignores: ["**/generated/**", "**/node_modules/**", "**/.venv/**"] },
  schema,
  {
    files: ["clients/**/*.ts"],
    plugins,
    processor: graphql.processor,
    languageOptions: { parser: nothing() },
  },
  operations("graphql-codegen", {}),
  operations("gql-tada", {}),
  operations("relay", {
    // relay-compiler asks for these names: the file's, and the kind of operation at the end.
    "@graphql-eslint/naming-convention": "off",
    // relay-compiler adds the ids, knows its directives, and makes queries of fragments.
    "@graphql-eslint/require-selections": "off",
    "@graphql-eslint/known-directives": "off",
    "@graphql-eslint/no-unused-fragments": "off",
  }),
  operations("ariadne-codegen", {
    // The generated client has no cache that needs the ids.
    "@graphql-eslint/require-selections": "off",
  }),
];

function operations(project, differences) {
  const files = `clients/${projects[project]}`;
  return {
    files: [files.endsWith(".graphql") ? files : `${files}/*.graphql`],
    plugins,
    languageOptions,
    rules: { ...configs["flat/operations-recommended"].rules, ...differences },
  };
}

/** TypeScript is only searched for documents, so its own syntax is not parsed. */
function nothing() {
  return {
    parseForESLint: (text) => ({
      ast: {
        type: "Program",
        body: [],
        comments: [],
        loc: { start: { line: 1, column: 0 }, end: { line: text.split("\n").length, column: 0 } },
        range: [0, text.length],
        sourceType: "module",
        tokens: [],
      },
    }),
  };
}
