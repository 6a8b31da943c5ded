/**
 * The head of a streamed HTTP response: JSON, eight NUL bytes, then the body. It comes in whatever pieces the function
 * wrote, so it is collected until it is whole.
 */
import { BOUNDS } from "./limits.ts";
import { headOf, isObject, type ProxyHead } from "./response-head.ts";

/** The content type by which a stream says that it begins with a prelude. */
export const INTEGRATION_RESPONSE = "application/vnd.awslambda.http-integration-response";

const END = Buffer.alloc(8);
const DEFAULT_TYPE = "application/octet-stream";

/** The prelude is whole; `rest` are the first bytes of the body that came with it. */
export interface PreludeRead {
  readonly head: ProxyHead;
  readonly rest: Uint8Array;
}

export class HttpPrelude {
  #held: Buffer = Buffer.alloc(0);

  /** Takes the next bytes of the stream. `malformed`: this is no prelude, and none can follow. */
  push(chunk: Uint8Array): PreludeRead | "incomplete" | "malformed" {
    // An end that is cut begins at most seven bytes before the new ones.
    const from = Math.max(0, this.#held.length - END.length + 1);
    const bytes = Buffer.concat([this.#held, chunk]);
    const end = bytes.indexOf(END, from);
    if (end > BOUNDS.preludeBytes || (end < 0 && bytes.length > BOUNDS.preludeBytes + END.length)) return "malformed";
    if (end < 0) {
      this.#held = bytes;
      return "incomplete";
    }
    this.#held = Buffer.alloc(0);
    const head = headFrom(bytes.toString("utf8", 0, end));
    return head === undefined ? "malformed" : { head, rest: bytes.subarray(end + END.length) };
  }
}

function headFrom(json: string): ProxyHead | undefined {
  try {
    const given: unknown = json.trim() === "" ? {} : JSON.parse(json);
    return isObject(given) ? headOf({ statusCode: 200, ...given }, DEFAULT_TYPE) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
