/**
 * A request as version 4 signs it: one text of method, path, query, signed headers and payload hash, and the text that is
 * signed in the end. Form: AWS General Reference, "Create a signed AWS API request". Knows no keys.
 */
import { hash } from "node:crypto";

export interface CanonicalParts {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  /** Decoded, without the signature itself. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Lower-case names in the order of the claim. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** SHA-256 of the body in hex, or what stands for it. */
  readonly payloadHash: string;
  /** S3 signs paths as they are sent; every other service normalises them and escapes them once more. */
  readonly isPathPlain: boolean;
}

export function canonicalRequest(parts: CanonicalParts): string {
  const { method, path, query, headers, payloadHash, isPathPlain } = parts;
  const sorted = headers.toSorted(([one], [other]) => compare(one, other));
  const lines = sorted.map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, " ")}\n`).join("");
  const names = sorted.map(([name]) => name).join(";");
  const canonicalPath = isPathPlain ? path : escaped(normalized(path)).replaceAll("%2F", "/");
  return `${method}\n${canonicalPath}\n${canonicalQuery(query)}\n${lines}\n${names}\n${payloadHash}`;
}

/** `scope` is `date/region/service/aws4_request`. */
export function stringToSign(time: string, scope: string, canonical: string): string {
  return `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash("sha256", canonical)}`;
}

/** Without empty, `.` and `..` segments. */
export function normalized(path: string): string {
  // Most paths have none.
  if (!/\/(?:\/|\.)/.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}${kept.length > 0 && path.endsWith("/") ? "/" : ""}`;
}

function canonicalQuery(query: CanonicalParts["query"]): string {
  if (query.length === 0) return "";
  const pairs = query.map(([name, value]): [string, string] => [escaped(name), escaped(value)]);
  pairs.sort(([one, first], [other, second]) => compare(one, other) || compare(first, second));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

/** RFC 3986: everything but letters, digits, `-`, `.`, `_` and `~`. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
