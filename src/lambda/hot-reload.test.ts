import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Harness } from "./testing/harness.ts";

const WATCHER_READY_MS = 3000;

test("saving a file of a live folder changes what the next invocation runs, in less than 100 ms", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-live-"));
  const write = (value: number): Promise<void> =>
    writeFile(join(folder, "index.mjs"), `export const handler = () => ${value};`);
  try {
    await write(0);
    await using lambda = await Harness.open();
    await lambda.create("live", "", { Code: { S3Bucket: "hot-reload", S3Key: folder } });
    assert.equal(await lambda.invoke("live"), 0);
    await untilWatched(lambda, write);
    const saved = performance.now();
    await write(-1);
    while ((await lambda.invoke("live")) !== -1) {
      assert.ok(performance.now() - saved < 2000, "the change was not seen");
      await sleep(1);
    }
    const tookMs = performance.now() - saved;
    assert.ok(tookMs < 100, `it took ${tookMs} ms`);
    await lambda.call("DeleteFunction", { FunctionName: "live" });
    const before = lambda.environments.retired.length;
    await write(-2);
    await sleep(50);
    assert.equal(lambda.environments.retired.length, before);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a live folder that is not there is refused when the function is created", async () => {
  await using lambda = await Harness.open();
  await assert.rejects(lambda.create("nowhere", "", { Code: { S3Bucket: "hot-reload", S3Key: "/not/there" } }), {
    name: "InvalidParameterValueException",
    message: /^The live folder \/not\/there cannot be read/,
  });
});

/** The watch begins in the background: changes are made until one is seen. */
async function untilWatched(lambda: Harness, write: (value: number) => Promise<void>): Promise<void> {
  const deadline = performance.now() + WATCHER_READY_MS;
  for (let value = 1; (await lambda.invoke("live")) === 0; value += 1) {
    assert.ok(performance.now() < deadline, "no change was ever seen");
    await write(value);
    await sleep(30);
  }
}
