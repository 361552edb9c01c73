// Plugins for Vite that collect the licences of the packages that end up in the built files.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const bundledModules = new Set();

/** Notes every module that ends up in an output file, workers included. */
export const collectModules = () => ({
  name: "collect-modules",
  generateBundle(_options, bundle) {
    for (const output of Object.values(bundle)) {
      for (const id of output.moduleIds ?? []) bundledModules.add(id.replace(/^\0|[?#].*$/g, ""));
    }
  },
});

/**
 * Writes a file with every bundled npm package and its licence text. Packages whose licence texts
 * are the same share one copy.
 *
 * @param {string} fileName
 * @returns {import('vite').Plugin}
 */
export const writeLicenses = (fileName) => ({
  name: "write-licenses",
  generateBundle: {
    order: "post",
    handler() {
      this.emitFile({ type: "asset", fileName, source: licenses(bundledModules) });
    },
  },
});

const readText = (...segments) =>
  readFileSync(path.join(...segments), "utf8")
    .replaceAll("\r\n", "\n")
    .trim();

// A few MIT packages are published without their licence file.
const mit = (holder) => `MIT License (no licence file in the package)

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

function licenses(moduleIds) {
  const folders = new Set();
  for (const id of moduleIds) {
    const match = id.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/);
    if (match) folders.add(match[0]);
  }
  const groups = new Map();
  for (const folder of folders) {
    const { name, version, license, author } = JSON.parse(
      readFileSync(path.join(folder, "package.json"), "utf8"),
    );
    const file = readdirSync(folder)
      .sort()
      .find((entry) => /^licen[cs]e/i.test(entry));
    if (!file && license !== "MIT")
      throw new Error(`${name} (${license}) has no licence file: add its text here`);
    const holder =
      (typeof author === "string" ? author : author?.name) ?? `the contributors of ${name}`;
    const text = file ? readText(folder, file) : mit(holder);
    const group = groups.get(text) ?? new Set();
    groups.set(text, group.add(`${name} ${version} (${license})`));
  }
  const sections = [...groups].map(([text, names]) => `${[...names].sort().join("\n")}\n\n${text}`);
  sections.sort();

  const monaco = [...folders].find((folder) => folder.endsWith("/monaco-editor"));
  if (monaco !== undefined) {
    const notices = readText(monaco, "ThirdPartyNotices.txt");
    const marked = notices.match(/%% markedjs NOTICES.*?\n=+\n(.*?)\n=+\n/s)[1].trim();
    const apache = notices.match(/Apache License\s+Version 2\.0.*?END OF TERMS AND CONDITIONS/s)[0];
    const purify = readText(monaco, "esm/vs/base/browser/dompurify/dompurify.js").match(
      /\/\*!\s*@license\s*(.*?)\s*\*\//s,
    )[1];
    sections.push(
      `Parts of monaco-editor by others\n\nmarked\n\n${marked}\n\nDOMPurify\n\n${purify}\n\n${apache}\n\n` +
        "Codicons (icon font)\n\nCopyright (c) Microsoft Corporation. Licensed under Creative Commons\n" +
        "Attribution 4.0 International: https://creativecommons.org/licenses/by/4.0/",
    );
  }
  const rule = `\n\n${"-".repeat(72)}\n\n`;
  return `The files of this page contain the packages below.${rule}${sections.join(rule)}\n`;
}
