import assert from "node:assert/strict";
import { test } from "node:test";
import { detectIsolation } from "./detect.ts";

test("a host with root, control groups and a runtime gets the oci driver, and the summary says how", async () => {
  const choice = await detectIsolation("auto");
  assert.equal(choice.choose, "oci");
  assert.deepEqual(choice.reasons, []);
  assert.match(choice.summary, /^crun, cgroup v[12]/);
});

test("a runtime that is not installed gives process, and a reason that names it", async () => {
  const choice = await detectIsolation("no-such-runtime");
  assert.equal(choice.choose, "process");
  assert.deepEqual(choice.reasons, ["no OCI runtime found: install no-such-runtime"]);
});
