import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodePageToken, encodePageToken } from "./page-token.ts";

test("a token gives its place back to its list, and to no other", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.string(), fc.string(), (place, list, other) => {
      const token = encodePageToken(list, place);
      assert.match(token, /^[A-Za-z0-9_.-]+$/);
      assert.equal(decodePageToken(list, token), place);
      if (other !== list) assert.equal(decodePageToken(other, token), undefined);
    }),
  );
});

test("what is no token is none: altered, cut, too long, not text", () => {
  const token = encodePageToken("list", "place");
  for (const wrong of [
    "",
    ".",
    token.slice(1),
    token.slice(0, -1),
    `${token}x`,
    token.replace(".", ""),
    "x".repeat(5000),
  ]) {
    assert.equal(decodePageToken("list", wrong), undefined);
  }
  assert.equal(decodePageToken("list", encodePageToken("list", "x".repeat(700))), undefined);
});
