/** Opaque page tokens: a position as text, wrapped so that clients hand it back unread. */

/** Longest token that is looked at; a longer one is not ours. */
const TOKEN_LENGTH_MAX = 4096;

/** Wraps a position within the list that `kind` names, so that a token of another list is recognised. */
export function encodePageToken(kind: string, position: string): string {
  return Buffer.from(`${kind}\n${position}`, "utf8").toString("base64url");
}

/** The position, or undefined when `token` is not one that `encodePageToken` made for this `kind`. */
export function decodePageToken(kind: string, token: string): string | undefined {
  if (token.length > TOKEN_LENGTH_MAX || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const decoded = Buffer.from(token, "base64url").toString("utf8");
  return decoded.startsWith(`${kind}\n`) ? decoded.slice(kind.length + 1) : undefined;
}
