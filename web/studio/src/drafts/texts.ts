// The texts about drafts, which are loaded with the pages that show them.
import { drafts } from "../messages/en/drafts.ts";
import { partOf } from "../messages/index.ts";

export const texts = partOf("drafts", drafts);
