// The texts about the audit log, which are loaded with its page.
import { audit } from "../messages/en/audit.ts";
import { partOf } from "../messages/index.ts";

export const texts = partOf("audit", audit);
