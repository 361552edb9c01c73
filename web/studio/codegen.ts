import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/graphql/generated/**"],
  generates: {
    "src/graphql/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        documentMode: "documentNode",
        scalars: {
          BigInt: "number",
          Date: "string",
          DateTime: "string",
          JSON: "unknown",
          PartialDate: "string",
          URL: "string",
        },
      },
    },
  },
};

export default config;
