import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql", // or http://127.0.0.1:8000/graphql
  documents: ["src/**/*.ts"],
  generates: {
    "generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
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
