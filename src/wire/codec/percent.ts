/** Percent-encoding of paths, query strings and forms, strict: an escape that is no UTF-8 is the client's error. */
import { serializationError } from "../service-error.ts";

/** @throws ServiceError SerializationException */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw serializationError("A percent-encoded sequence is not valid UTF-8", error);
  }
}

/** Name and value pairs of a query string or form, in order. @throws ServiceError SerializationException */
export function parsePairs(text: string, pairsMax: number): [string, string][] {
  const pairs: [string, string][] = [];
  if (text === "") return pairs;
  let at = 0;
  while (at <= text.length) {
    const end = text.indexOf("&", at);
    const part = text.slice(at, end === -1 ? text.length : end);
    at = end === -1 ? text.length + 1 : end + 1;
    if (part === "") continue;
    if (pairs.length >= pairsMax) throw serializationError("Too many parameters");
    const equals = part.indexOf("=");
    const name = equals === -1 ? part : part.slice(0, equals);
    const value = equals === -1 ? "" : part.slice(equals + 1);
    pairs.push([decodePart(name), decodePart(value)]);
  }
  return pairs;
}

function decodePart(text: string): string {
  return percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);
}
