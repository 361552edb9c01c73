import { testProgram } from "../support/program.ts";
import { program } from "./program.ts";

testProgram("apollo", program);
