// Runs program.py with the Python that `npm run generate` installed the generator into.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { EVENT, MOVIE, TITLE, type Outcome, type Service } from "../support/example.ts";

const PYTHON = path.join(import.meta.dirname, ".venv/bin/python");
const PROGRAM = path.join(import.meta.dirname, "program.py");

export async function program({ url, email, password }: Service): Promise<Outcome> {
  const edit = [MOVIE, TITLE, EVENT.date, EVENT.title];
  const { stdout } = await promisify(execFile)(PYTHON, [PROGRAM, url, email, password, ...edit]);
  return JSON.parse(stdout) as Outcome;
}
