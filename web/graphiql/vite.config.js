import path from 'node:path';
import { defineConfig } from 'vite';
import { collectModules, writeLicenses } from '../build/licenses.js';
import { precompress } from '../build/precompress.js';

export default defineConfig({
  base: '/graphiql/',
  resolve: {
    alias: {
      'monaco-editor/esm/vs/editor/edcore.main.js': path.join(import.meta.dirname, 'src/monaco-core.js'),
      'prettier/plugins/estree': path.join(import.meta.dirname, 'src/prettier-jsonc.js'),
      'prettier/parser-babel': path.join(import.meta.dirname, 'src/prettier-jsonc.js'),
    },
  },
  plugins: [collectModules(), writeLicenses('LICENSES.txt'), precompress()],
  worker: {
    format: 'es',
    plugins: () => [collectModules()],
    rolldownOptions: {
      output: { codeSplitting: false },
    },
  },
  build: {
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
      },
    },
    cssCodeSplit: false,
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
  },
});
