// A plugin for Vite: writes a Brotli copy beside each text file. The service sends it to browsers,
// so that nothing is compressed while they wait.
import { brotliCompressSync, constants } from "node:zlib";

const TEXT = /\.(js|css|html|svg|txt)$/;
const SMALLEST = 1024;
/** Above this size the highest quality takes seconds, and saves little. */
const LARGE = 1024 * 1024;

/** @returns {import('vite').Plugin} */
export const precompress = () => ({
  name: "precompress",
  apply: "build",
  generateBundle: {
    order: "post",
    handler(_options, bundle) {
      for (const [fileName, output] of Object.entries(bundle)) {
        const bytes = Buffer.from(output.type === "chunk" ? output.code : output.source);
        if (!TEXT.test(fileName) || bytes.length < SMALLEST) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: bytes.length > LARGE ? 9 : 11 };
        const source = brotliCompressSync(bytes, { params });
        this.emitFile({ type: "asset", fileName: `${fileName}.br`, source });
      }
    },
  },
});
