import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./until.ts";

test("what comes about is given, also what is empty or zero, and what does not is named", async () => {
  const looks = [undefined, false, "", "later"] as const;
  const look = looks.values();
  assert.equal(await until("the third look", () => look.next().value), "");
  assert.equal(await until("nothing", async () => 0), 0);
  await assert.rejects(
    until("a miracle", () => undefined, 0),
    { message: "waited in vain: a miracle" },
  );
});
