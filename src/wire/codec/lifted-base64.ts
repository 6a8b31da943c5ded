/**
 * Long base64 in a JSON body, decoded where it stands: a package of 50 MB would otherwise be held as bytes of the request, as
 * the text of its document, as a member's text and as bytes again. What is left of the document is small and parsed as ever.
 *
 * Only text that strict decoding takes is lifted, and it can be had again, so a member that is no blob misses nothing.
 */

/** Shorter text is not worth it. No member of any API that is not a blob is so long. */
const LIFTED_CHARS_MIN: number = 2 * 1024 * 1024;
/** Characters decoded at a time; a multiple of four, so that every piece is whole. */
const PIECE_CHARS = 16 * 1024;
const ALPHABET = /^[A-Za-z0-9+/]*$/;
const LAST = /^[A-Za-z0-9+/]*={0,2}$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Stands in a parsed document where the text was. */
export class LiftedBytes {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The text as it was sent. */
  get text(): string {
    return this.bytes.toString("base64");
  }
}

/** Parses a JSON document whose bytes are not needed any more: `body` is overwritten. @throws SyntaxError */
export function parseLifting(body: Buffer): unknown {
  if (body.length < LIFTED_CHARS_MIN) return JSON.parse(body.toString("utf8"));
  const lifted: LiftedBytes[] = [];
  const rest: string[] = [];
  let copied = 0;
  for (const { start, end } of longStrings(body)) {
    const bytes = decodeInPlace(body, start, end);
    if (bytes === undefined) continue;
    rest.push(body.toString("utf8", copied, start), mark(lifted.length));
    lifted.push(new LiftedBytes(bytes));
    copied = end;
  }
  rest.push(body.toString("utf8", copied));
  if (lifted.length === 0) return JSON.parse(rest.join(""));
  const places = new Map(lifted.map((bytes, at) => [mark(at), bytes]));
  // A client that writes such a mark itself gets its own bytes there.
  return JSON.parse(rest.join(""), (_key, value: unknown) =>
    typeof value === "string" ? (places.get(value) ?? value) : value,
  );
}

function mark(number: number): string {
  return `\u{fffe}lifted ${number}`;
}

/** Where strings of some length stand, without their quotes. */
function* longStrings(body: Buffer): Generator<{ readonly start: number; readonly end: number }> {
  for (let open = body.indexOf(QUOTE); open !== -1; ) {
    const end = endOfString(body, open + 1);
    if (end === -1) return;
    const start = open + 1;
    open = body.indexOf(QUOTE, end + 1);
    if (end - start >= LIFTED_CHARS_MIN) yield { start, end };
  }
}

/** The quote that ends the string which begins at `start`. */
function endOfString(body: Buffer, start: number): number {
  for (let end = body.indexOf(QUOTE, start); end !== -1; end = body.indexOf(QUOTE, end + 1)) {
    let before = end - 1;
    while (before >= start && body[before] === BACKSLASH) before -= 1;
    if ((end - 1 - before) % 2 === 0) return end;
  }
  return -1;
}

/** Undefined, and nothing overwritten, when the text is not base64 in its one strict form. */
function decodeInPlace(body: Buffer, start: number, end: number): Buffer | undefined {
  if ((end - start) % 4 !== 0) return undefined;
  for (let at = start; at < end; at += PIECE_CHARS) {
    const to = Math.min(at + PIECE_CHARS, end);
    if (!(to === end ? LAST : ALPHABET).test(body.toString("latin1", at, to))) return undefined;
  }
  const last = body.toString("latin1", end - 4, end);
  if (Buffer.from(last, "base64").toString("base64") !== last) return undefined;
  let written = start;
  for (let at = start; at < end; at += PIECE_CHARS) {
    written += body.write(body.toString("latin1", at, Math.min(at + PIECE_CHARS, end)), written, "base64");
  }
  return body.subarray(start, written);
}
