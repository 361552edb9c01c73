import { expect, test } from "vitest";
import { filterOf, readAuditSearch, startOf } from "./search.ts";

test("an address is read, and what is not understood is left out", () => {
  expect(
    readAuditSearch({
      operation: "LOGIN",
      outcome: "nonsense",
      since: "2026-02-31x",
      until: "2026-11-30",
      address: " ",
      target: "tmdb-550",
    }),
  ).toEqual({ operation: "LOGIN", until: "2026-11-30", target: "tmdb-550" });
});

test("both days count whole", () => {
  const { since, until } = filterOf({ since: "2026-11-30", until: "2026-11-30" });
  expect(Date.parse(until ?? "") - Date.parse(since ?? "")).toBe(24 * 60 * 60 * 1000);
  expect(startOf("2026-12-31", 1)).toBe(new Date("2027-01-01T00:00").toISOString());
});
