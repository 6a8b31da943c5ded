/**
 * A function's result as an HTTP response, payload format 2.0: an object with a status code is taken apart, anything else
 * is the body of a 200. Sources: Lambda developer guide, "Invoking function URLs", and answers recorded from AWS.
 */
import { memberText } from "./member-text.ts";
import { headOf, isObject, type ProxyHead } from "./response-head.ts";

export type { ProxyHead } from "./response-head.ts";

export interface ProxyResponse extends ProxyHead {
  readonly body: Uint8Array;
}

const JSON_TYPE = "application/json";
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** `payload` is what the function returned, verbatim. Undefined when it is no response: AWS then answers 502. */
export function responseV2(payload: Uint8Array): ProxyResponse | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  const result = parsed(text);
  if (result === undefined) return undefined;
  if (!isObject(result) || !("statusCode" in result)) {
    const body = typeof result === "string" ? Buffer.from(result) : payload;
    return { status: 200, headers: [["Content-Type", JSON_TYPE]], body };
  }
  const head = headOf(result, JSON_TYPE);
  const body = bodyOf(result, text);
  return head && body && { ...head, body };
}

function parsed(text: string): unknown {
  try {
    return text === "" ? "" : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function bodyOf({ body, isBase64Encoded }: Readonly<Record<string, unknown>>, json: string): Uint8Array | undefined {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body !== "string") return Buffer.from(memberText(json, "body") ?? "");
  if (isBase64Encoded !== true) return Buffer.from(body);
  return BASE64.test(body) ? Buffer.from(body, "base64") : undefined;
}
