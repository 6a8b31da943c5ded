/** The X-Amz-Client-Context header: base64 of a JSON object, given to the function as text. */
import { LIMITS } from "./limits.ts";

export type ClientContext =
  | { readonly kind: "context"; readonly json: string | undefined }
  | { readonly kind: "too-long" }
  | { readonly kind: "malformed" };

export function readClientContext(header: string | undefined): ClientContext {
  if (header === undefined || header === "") return { kind: "context", json: undefined };
  if (header.length > LIMITS.clientContextBytes) return { kind: "too-long" };
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(header)) return { kind: "malformed" };
  const json = Buffer.from(header, "base64").toString();
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { kind: "context", json }
      : { kind: "malformed" };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: "malformed" };
    throw error;
  }
}
