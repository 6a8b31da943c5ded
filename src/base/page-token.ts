/**
 * Opaque page tokens, of every list of every service: the place to go on from, bound to its list. A digest tells a token
 * of another list, or one that was altered, from those that were given out. Whoever reads a place still treats it as a
 * client's word: it chooses where in the caller's own list to go on, never which list.
 */
import { createHash } from "node:crypto";

/** Longest place, so that a place appended to a prefix stays a key that the store takes. */
const PLACE_BYTES_MAX = 640;
const TOKEN_LENGTH_MAX = 1024;
const DIGEST_LENGTH = 22;

/** `list` names the list and everything else that a token must not be moved between. */
export function encodePageToken(list: string, place: string): string {
  const body = Buffer.from(place, "utf8").toString("base64url");
  return `${body}.${digest(list, body)}`;
}

/** The place, or undefined when `token` is none that `encodePageToken` made for this list. */
export function decodePageToken(list: string, token: string): string | undefined {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  const dot = token.indexOf(".");
  const body = token.slice(0, Math.max(dot, 0));
  if (dot < 0 || token.slice(dot + 1) !== digest(list, body)) return undefined;
  const bytes = Buffer.from(body, "base64url");
  const place = bytes.toString("utf8");
  const isWhole = bytes.length <= PLACE_BYTES_MAX && Buffer.from(place, "utf8").toString("base64url") === body;
  return isWhole ? place : undefined;
}

function digest(list: string, body: string): string {
  return createHash("sha256").update(`${list}\n${body}`).digest("base64url").slice(0, DIGEST_LENGTH);
}
