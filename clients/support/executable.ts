// Finds Debian's Chromium, which `scripts/tools` installs.
import { accessSync, constants } from "node:fs";
import path from "node:path";

/** The path of Chromium: the variable CHROMIUM, or the first one on the PATH. */
export function chromiumExecutable(): string {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const candidates = [
    process.env["CHROMIUM"],
    ...folders.map((each) => path.join(each, "chromium")),
  ];
  const found = candidates.find((file) => {
    try {
      if (file !== undefined) accessSync(file, constants.X_OK);
      return file !== undefined;
    } catch {
      return false;
    }
  });
  if (found === undefined) {
    throw new Error("chromium is not installed; 'make tools' installs it, or set CHROMIUM");
  }
  return found;
}
