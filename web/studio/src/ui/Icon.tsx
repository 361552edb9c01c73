// Line icons on a 16-pixel grid, in the colour of the text.
const paths = {
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Zm3.3 7.8L14 14",
  plus: "M8 3v10M3 8h10",
  close: "m4 4 8 8m0-8-8 8",
  back: "M9.5 3.5 5 8l4.5 4.5",
  catalogue: "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6 6.5v6",
  import: "M8 2.5v7m0 0L5 6.5m3 3 3-3M2.5 10v3.5h11V10",
  export: "M8 10V3m0 0L5 6m3-3 3 3M2.5 10v3.5h11V10",
  drafts: "M3 2.5h7l3 3v8H3zM10 2.5v3h3M5.5 8.5h5M5.5 11h3",
  code: "M6 4 2.5 8 6 12m4-8 3.5 4L10 12",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "m3 8.5 3.2 3.2L13 4.8",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  outside: "M9 3h4v4m0-4L7.5 8.5M6.5 4H3v9h9V9.5",
  image: "M2.5 3.5h11v9h-11zM2.5 10.5 6 7.5l3 2.5 2-1.5 2.5 2M10.5 6h.01",
  play: "M5.5 3.5v9l7-4.5z",
  person: "M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8Zm-5 5.5c.4-2.4 2.3-4 5-4s4.6 1.6 5 4",
  history: "M3 8a5 5 0 1 1 1.5 3.6M3 12V9.5M3 12h2.5M8 5.5V8l2 1.2",
  trophy:
    "M5 2.5h6v4a3 3 0 0 1-6 0zM5 3.5H2.5v1A2.5 2.5 0 0 0 5 7m6-3.5h2.5v1A2.5 2.5 0 0 1 11 7M8 9.5v4m-2.5 0h5",
  warning: "M8 2.8 14 13H2zM8 6.5v3m0 1.8v.2",
  accounts:
    "M6 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM1.5 13c.3-2.3 2-3.7 4.5-3.7s4.2 1.4 4.5 3.7M10.5 7.3a2.1 2.1 0 0 0 0-4.1M12 9.7c1.5.5 2.3 1.7 2.5 3.3",
  audit: "M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2.5",
  changes: "M1.5 8.5h3l2-5.5 3 10 2-4.5h3",
  jobs: "M2.5 3.5h11v3h-11zM2.5 9.5h11v3h-11zM6.5 3.5v3M10 9.5v3",
  move: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  more: "M3 7.5h1v1H3zM7.5 7.5h1v1h-1zM12 7.5h1v1h-1z",
  signOut: "M9.5 3.5V2.5h-7v11h7v-1M6.5 8h7m0 0-2.5-2.5M13.5 8 11 10.5",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
