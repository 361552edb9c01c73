// Dates, times and numbers for people.
import { language } from "./index.ts";

const make = () => ({
  relative: new Intl.RelativeTimeFormat(language, { numeric: "auto" }),
  day: new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" }),
  moment: new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }),
  percent: new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }),
  regions: new Intl.DisplayNames([language], { type: "region" }),
});
let made: ReturnType<typeof make> | undefined;

/** Made at first use: when this file is loaded, the language is not known yet. */
const formats = () => (made ??= make());

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["minute", 60],
  ["hour", 60],
  ["day", 24],
];

/** "2 hours ago" within a week, else the date. */
export function when(time: string, now = Date.now()): string {
  let amount = (new Date(time).getTime() - now) / 1000;
  if (Math.abs(amount) < 45) return formats().relative.format(0, "second");
  let unit: Intl.RelativeTimeFormatUnit = "second";
  for (const [next, size] of STEPS) {
    if (Math.abs(amount) < size) break;
    amount /= size;
    unit = next;
  }
  if (unit === "day" && Math.abs(amount) > 7) return formats().day.format(new Date(time));
  return formats().relative.format(Math.round(amount), unit);
}

/** The exact time, for a title or a detail. */
export const exactly = (time: string) => formats().moment.format(new Date(time));

/** The day of a time. */
export const dayOf = (time: string) => formats().day.format(new Date(time));

/** A share as a percentage; never 100 % unless it is everything, and never 0 % unless nothing. */
export function share(part: number, whole: number): string {
  if (whole === 0) return formats().percent.format(0);
  const value = Math.round((part / whole) * 100);
  const honest = part < whole ? Math.min(99, part > 0 ? Math.max(1, value) : 0) : 100;
  return formats().percent.format(honest / 100);
}

/** "12 kB" or "1.5 MB". */
export function bytes(size: number): string {
  const [unit, value] = size < 1_000_000 ? ["kilobyte", size / 1e3] : ["megabyte", size / 1e6];
  const maximumFractionDigits = value < 10 ? 1 : 0;
  const options = { style: "unit", unit, maximumFractionDigits } as const;
  return new Intl.NumberFormat(language, options).format(value);
}

/** "1999", "October 1999" or "15 Oct 1999" for a date that may be partial. */
export function partialDate(text: string): string {
  const [year = "", month, date] = text.split("-");
  if (month === undefined) return year;
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date ?? 1)));
  const options: Intl.DateTimeFormatOptions =
    date === undefined
      ? { month: "short", year: "numeric" }
      : { day: "numeric", month: "short", year: "numeric" };
  return new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(at);
}

export const dollars = (value: number) =>
  new Intl.NumberFormat(language, {
    style: "currency",
    currency: "USD",
    maximumFractionDigits: 0,
  }).format(value);

export const money = (amount: string, currency: string | null) =>
  currency === null
    ? amount
    : new Intl.NumberFormat(language, { style: "currency", currency }).format(Number(amount));

export const region = (code: string) => formats().regions.of(code) ?? code;
