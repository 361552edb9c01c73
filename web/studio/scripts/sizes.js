// Fails if the script that the first page needs is larger than its budget, as browsers get it:
// compressed with Brotli. `vite build` has to run before.
import { readFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync } from "node:zlib";

const BUDGET = 150 * 1024;

const dist = path.join(import.meta.dirname, "../dist");
const manifest = JSON.parse(readFileSync(path.join(dist, ".vite/manifest.json"), "utf8"));

/**
 * The files that a page loads before it can show anything.
 *
 * @param {string} name
 * @returns {Set<string>}
 */
function filesOf(name, found = new Set()) {
  const entry = manifest[name];
  if (entry === undefined) throw new Error(`${name} is not in the manifest`);
  found.add(entry.file);
  entry.imports?.forEach((each) => filesOf(each, found));
  return found;
}

const sizes = [...filesOf("index.html")].map((file) => {
  const bytes = readFileSync(path.join(dist, file));
  return [file, brotliCompressSync(bytes).length];
});
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
for (const [file, size] of sizes) console.log(`${kilobytes(size).padStart(9)}  ${file}`);
console.log(
  `${kilobytes(total).padStart(9)}  script of the first page; allowed are ${kilobytes(BUDGET)}`,
);
if (total > BUDGET) process.exit(1);
