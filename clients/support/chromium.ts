// Starts Debian's Chromium.
import { chromium, type Browser } from "playwright-core";
import { chromiumExecutable } from "./executable.ts";

export function startChromium(): Promise<Browser> {
  // Chromium's sandbox refuses to run as root, as which containers run tests.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: chromiumExecutable(), args });
}
