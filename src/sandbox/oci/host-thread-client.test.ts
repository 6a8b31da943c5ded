import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../base/index.ts";
import { HostThreads } from "./host-thread-client.ts";

test("a thread that ends fails what waits for it and is not asked again", async () => {
  const threads = new HostThreads(systemClock, new URL("../fixtures/ending-thread.ts", import.meta.url));
  const call = (): Promise<readonly number[]> => threads.call({ kind: "unmount", places: [] });
  await assert.rejects(Promise.all([call(), call()]), /has ended/);
  await assert.rejects(call(), /has ended/);
  await threads.close();
});
