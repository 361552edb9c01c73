// Turns the graphql tags of the files here into imports of what relay-compiler generated, as a
// build with Babel does.
import path from "node:path";
import { transformAsync } from "@babel/core";
import type { Plugin } from "vite";

export function relay(): Plugin {
  return {
    name: "relay",
    enforce: "pre",
    async transform(code, id) {
      if (path.dirname(id) !== import.meta.dirname || !code.includes("graphql`")) return null;
      const result = await transformAsync(code, {
        filename: id,
        babelrc: false,
        configFile: false,
        sourceMaps: true,
        plugins: [
          "@babel/plugin-syntax-typescript",
          [
            "babel-plugin-relay",
            {
              eagerEsModules: true,
              artifactDirectory: path.join(import.meta.dirname, "generated"),
            },
          ],
        ],
      });
      return result?.code ? { code: result.code, map: result.map ?? null } : null;
    },
  };
}
