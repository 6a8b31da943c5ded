/** Tar archives for tests, entry by entry, also such as no honest program writes. */

export interface TestEntry {
  readonly path: string;
  /** The type flag of the format: `0` file, `1` hard link, `2` symbolic link, `3` character device, `5` folder, `x` attributes. */
  readonly type?: string;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  readonly link?: string;
  /** What the header says of its size, when it is to lie. */
  readonly statedSize?: number;
  readonly mtime?: number;
}

const BLOCK = 512;

export function makeTar(entries: readonly TestEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? "");
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(entry, content.length), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TestEntry, length: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, size: number): void => {
    block.write(`${value.toString(8).padStart(size - 1, "0")}\0`, at, "latin1");
  };
  block.write(entry.path, 0, 100, "utf8");
  octal(entry.mode ?? (entry.type === "5" ? 0o755 : 0o644), 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(entry.statedSize ?? length, 124, 12);
  octal(entry.mtime ?? 1_700_000_000, 136, 12);
  block.write("        ", 148, "latin1");
  block.write(entry.type ?? "0", 156, "latin1");
  block.write(entry.link ?? "", 157, 100, "utf8");
  block.write("ustar\x0000", 257, "latin1");
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}
