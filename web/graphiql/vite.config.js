import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vite';

const bundledModules = new Set();

// Notes every module that ends up in an output file, workers included.
const collectModules = () => ({
  name: 'collect-modules',
  generateBundle(_options, bundle) {
    for (const output of Object.values(bundle)) {
      for (const id of output.moduleIds ?? []) bundledModules.add(id.replace(/^\0|[?#].*$/g, ''));
    }
  },
});

// Writes LICENSES.txt: every bundled npm package with its licence text.
// Packages whose licence texts are the same share one copy.
const writeLicenses = () => ({
  name: 'write-licenses',
  generateBundle: {
    order: 'post',
    handler() {
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: licenses(bundledModules) });
    },
  },
});

const readText = (...segments) => readFileSync(path.join(...segments), 'utf8').replaceAll('\r\n', '\n').trim();

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
    const { name, version, license, author } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).sort().find((entry) => /^licen[cs]e/i.test(entry));
    if (!file && license !== 'MIT') throw new Error(`${name} (${license}) has no licence file: add its text here`);
    const holder = (typeof author === 'string' ? author : author?.name) ?? `the contributors of ${name}`;
    const text = file ? readText(folder, file) : mit(holder);
    const group = groups.get(text) ?? new Set();
    groups.set(text, group.add(`${name} ${version} (${license})`));
  }
  const sections = [...groups].map(([text, names]) => `${[...names].sort().join('\n')}\n\n${text}`);
  sections.sort();

  const monaco = path.join(import.meta.dirname, 'node_modules/monaco-editor');
  if (folders.has(monaco)) {
    const notices = readText(monaco, 'ThirdPartyNotices.txt');
    const marked = notices.match(/%% markedjs NOTICES.*?\n=+\n(.*?)\n=+\n/s)[1].trim();
    const apache = notices.match(/Apache License\s+Version 2\.0.*?END OF TERMS AND CONDITIONS/s)[0];
    const purify = readText(monaco, 'esm/vs/base/browser/dompurify/dompurify.js').match(/\/\*!\s*@license\s*(.*?)\s*\*\//s)[1];
    sections.push(
      `Parts of monaco-editor by others\n\nmarked\n\n${marked}\n\nDOMPurify\n\n${purify}\n\n${apache}\n\n` +
        'Codicons (icon font)\n\nCopyright (c) Microsoft Corporation. Licensed under Creative Commons\n' +
        'Attribution 4.0 International: https://creativecommons.org/licenses/by/4.0/',
    );
  }
  const rule = `\n\n${'-'.repeat(72)}\n\n`;
  return `The files in this folder contain the packages below.${rule}${sections.join(rule)}\n`;
}

export default defineConfig({
  base: '/graphiql/',
  resolve: {
    alias: {
      'monaco-editor/esm/vs/editor/edcore.main.js': path.join(import.meta.dirname, 'src/monaco-core.js'),
      'prettier/plugins/estree': path.join(import.meta.dirname, 'src/prettier-jsonc.js'),
      'prettier/parser-babel': path.join(import.meta.dirname, 'src/prettier-jsonc.js'),
    },
  },
  plugins: [collectModules(), writeLicenses()],
  worker: {
    format: 'es',
    plugins: () => [collectModules()],
    rolldownOptions: {
      output: { entryFileNames: 'assets/[name].js', codeSplitting: false },
    },
  },
  build: {
    // Names without hashes, so that a rebuild changes file contents only.
    rolldownOptions: {
      // "use client" in a dependency means nothing to a page without a server part.
      checks: { moduleLevelDirective: false },
      output: {
        codeSplitting: {
          groups: [
            { name: 'monaco', test: /node_modules\/(monaco-(editor|graphql)|jsonc-parser)\/|src\/monaco-core/ },
            { name: 'prettier', test: /node_modules\/prettier\/|src\/prettier-jsonc/ },
          ],
        },
        entryFileNames: 'assets/[name].js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
      },
    },
    cssCodeSplit: false,
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
  },
});
