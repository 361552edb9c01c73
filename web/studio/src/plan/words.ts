// The difference of two texts, word by word. The values come from the server's plan; this only
// marks which words of them are the same.

export interface Segment {
  kind: "same" | "removed" | "added";
  text: string;
}

const WORD = /\s+|[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}\p{M}]/gu;
/** Beyond this many different words, the texts are shown one after the other. */
const MOST = 600;
/** If less than this share of the shorter text is in the other one, marks would only confuse. */
const LEAST_COMMON = 0.3;

export function compareWords(before: string, after: string): Segment[] {
  const a = before.match(WORD) ?? [];
  const b = after.match(WORD) ?? [];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end += 1;
  }
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  const whole: Segment[] = [
    { kind: "removed", text: before },
    { kind: "added", text: after },
  ];
  if (left.length > MOST || right.length > MOST) return whole;
  const middle = common(left, right);
  const isWord = (text: string) => /\S/.test(text);
  const same = [
    ...a.slice(0, start),
    ...middle.filter(({ kind }) => kind === "same").map(({ text }) => text),
    ...a.slice(a.length - end),
  ];
  const words = Math.min(a.filter(isWord).length, b.filter(isWord).length);
  if (same.filter(isWord).length < words * LEAST_COMMON) return whole;
  return join([
    { kind: "same", text: a.slice(0, start).join("") },
    ...middle,
    { kind: "same", text: a.slice(a.length - end).join("") },
  ]);
}

/** The longest common subsequence of two lists of words, as segments. */
function common(a: readonly string[], b: readonly string[]): Segment[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const segments: Segment[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (left !== undefined && left === right) {
      segments.push({ kind: "same", text: left });
      i += 1;
      j += 1;
    } else if (right !== undefined && (left === undefined || at(i, j + 1) > at(i + 1, j))) {
      segments.push({ kind: "added", text: right });
      j += 1;
    } else if (left !== undefined) {
      segments.push({ kind: "removed", text: left });
      i += 1;
    }
  }
  return segments;
}

/** Joins neighbours of one kind, and takes a lone space between two changes into them. */
function join(segments: readonly Segment[]): Segment[] {
  const joined: Segment[] = [];
  for (const { kind, text } of segments) {
    if (text === "") continue;
    const last = joined.at(-1);
    if (last?.kind === kind) last.text += text;
    else joined.push({ kind, text });
  }
  return joined;
}
