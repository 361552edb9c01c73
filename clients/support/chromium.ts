// Starts Debian's Chromium, which `scripts/tools` installs.
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { chromium, type Browser } from "playwright-core";

function executable(): string {
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

export function startChromium(): Promise<Browser> {
  // Chromium's sandbox refuses to run as root, as which containers run tests.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: executable(), args });
}
