/** JSON bodies: bytes to document and back, with AWS's SerializationException for what is no JSON. */
import { isUtf8 } from "node:buffer";
import { serializationError } from "../service-error.ts";

/** An empty body is an empty document, as AWS's servers have it. @throws ServiceError SerializationException */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw serializationError("The request body is not valid UTF-8");
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw serializationError("The request body could not be parsed as JSON", error);
  }
}
