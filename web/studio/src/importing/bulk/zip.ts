// A ZIP archive of files, without compression. The files are read once for their checksums, and are
// not copied: the archive refers to them.

export interface Entry {
  name: string;
  file: Blob;
}

/** What an archive without ZIP64 can have, with room for names. */
export const MOST_BYTES = 0xf000_0000;
export const MOST_ENTRIES = 0xffff;

const UTF8_NAMES = 0x0800;
/** 1980-01-01, the first day of the format. */
const FIRST_DAY = 0x21;
const VERSION = 20;

export async function zipOf(entries: readonly Entry[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  const list: BlobPart[] = [];
  let offset = 0;
  let listed = 0;
  for (const { name, file } of entries) {
    const bytes = new TextEncoder().encode(name);
    const common = [
      [2, VERSION],
      [2, UTF8_NAMES],
      [2, 0],
      [2, 0],
      [2, FIRST_DAY],
      [4, await checksumOf(file)],
      [4, file.size],
      [4, file.size],
      [2, bytes.length],
      [2, 0],
    ] as const;
    const header = record([4, 0x04034b50], ...common);
    const inList = record(
      [4, 0x02014b50],
      [2, VERSION],
      ...common,
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    );
    parts.push(header, bytes, file);
    list.push(inList, bytes);
    offset += header.length + bytes.length + file.size;
    listed += inList.length + bytes.length;
  }
  const end = record(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, entries.length],
    [2, entries.length],
    [4, listed],
    [4, offset],
    [2, 0],
  );
  return new Blob([...parts, ...list, end], { type: "application/zip" });
}

/** Little-endian numbers, each with its size in bytes. */
function record(...fields: (readonly [size: 2 | 4, value: number])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The CRC-32 of a file. */
export async function checksumOf(file: Blob): Promise<number> {
  let value = 0xffff_ffff;
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value: chunk } = await reader.read();
    if (done) return ~value >>> 0;
    for (const byte of chunk) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
  }
}
