import react from "@vitejs/plugin-react";
import path from "node:path";
import { defineConfig } from "vitest/config";
import { inlineDocuments } from "../build/documents.js";
import { collectModules, writeLicenses } from "../build/licenses.js";
import { precompress } from "../build/precompress.js";

export default defineConfig({
  plugins: [
    inlineDocuments(path.join(import.meta.dirname, "src")),
    react(),
    collectModules(),
    writeLicenses("studio/LICENSES.txt"),
    precompress(),
  ],
  build: {
    target: "es2022",
    manifest: true,
    assetsDir: "studio",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1024,
  },
  server: {
    // A development server beside `cargo run`: it passes the API's addresses on.
    proxy: {
      "^/(graphql|api|healthz|graphiql)": { target: "http://127.0.0.1:8000", ws: true },
    },
    fs: { allow: ["../.."] },
  },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // Each file in test/ starts a server and a browser.
    maxWorkers: 2,
  },
});
