/** JSON bodies: bytes to a document, which takes the bytes over. What is no JSON is refused in the service's own words. */
import { isUtf8 } from "node:buffer";
import { parseLifting } from "../codec/lifted-base64.ts";
import { ServiceError } from "../service-error.ts";

export type JsonParser = (body: Buffer) => unknown;

/** An empty body is an empty document, as AWS's servers have it. The parser throws a ServiceError with these words. */
export function jsonParser(refusal: { readonly code: string; readonly message: string }): JsonParser {
  const refuse = (cause: unknown): ServiceError => new ServiceError(refusal.code, 400, refusal.message, { cause });
  return (body) => {
    if (body.length === 0) return {};
    if (!isUtf8(body)) throw refuse(new Error("the body is not UTF-8"));
    try {
      return parseLifting(body);
    } catch (error) {
      throw refuse(error);
    }
  };
}
