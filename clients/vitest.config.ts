import { defineConfig } from "vitest/config";
import { relay } from "./relay/vite-plugin.ts";

export default defineConfig({
  plugins: [relay()],
  test: {
    include: ["**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // Each file starts a server, and some start a browser.
    maxWorkers: 2,
  },
});
