import assert from "node:assert/strict";
import { test } from "node:test";
import { isLoopback } from "./loopback.ts";

test("loopback is localhost and its addresses, not what looks like them", () => {
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
    assert.ok(isLoopback(host), host);
  for (const host of [
    "127.example.com",
    "127.0.0.1.example.com",
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "localhost.example.com",
    "",
  ])
    assert.ok(!isLoopback(host), host);
});
