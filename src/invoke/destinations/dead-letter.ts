/** What a dead-letter queue or topic is told about an event beside the event itself: three message attributes. */
import type { Settlement } from "../async-engine.ts";
import { LIMITS } from "../limits.ts";
import type { ParcelHeader } from "./target.ts";

interface Attribute {
  readonly DataType: "String" | "Number";
  readonly StringValue: string;
}

/** Undefined for records to destinations, which carry everything in their body. */
export function deadLetterAttributes(header: ParcelHeader): Record<string, Attribute> | undefined {
  if (header.kind !== "dead-letter") return undefined;
  const { requestId, errorCode, errorMessage } = header;
  return {
    RequestID: { DataType: "String", StringValue: requestId },
    ...(errorCode && { ErrorCode: { DataType: "Number", StringValue: errorCode } }),
    ...(errorMessage && { ErrorMessage: { DataType: "String", StringValue: errorMessage } }),
  };
}

/** HTTP status and message of the last try: the function's own, or the refusal of an invocation that never ran. */
export function deadLetterError({ result, condition }: Settlement): { errorCode: string; errorMessage: string } {
  if (result !== undefined) return { errorCode: "200", errorMessage: firstBytes(messageIn(result.payload)) };
  if (condition === "RecursiveInvocation") return { errorCode: "400", errorMessage: "Recursive invocation detected." };
  return { errorCode: "429", errorMessage: "Rate Exceeded." };
}

export function textOf(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
}

/** The `errorMessage` of an error's payload; of a payload that has none, the whole. */
function messageIn(payload: Uint8Array): string {
  const text = textOf(payload);
  try {
    const value: unknown = JSON.parse(text);
    const message: unknown =
      typeof value === "object" && value !== null ? Reflect.get(value, "errorMessage") : undefined;
    return typeof message === "string" ? message : text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** The first 1 KB, without half a character at the end. */
function firstBytes(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= LIMITS.deadLetterErrorBytes) return text;
  const cut = new TextDecoder().decode(bytes.subarray(0, LIMITS.deadLetterErrorBytes), { stream: true });
  return cut;
}
