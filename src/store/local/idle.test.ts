/** What the store costs the rest of the process: nothing when idle, never a blocked loop, bounded memory. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import { STORE_LIMITS } from "../limits.ts";
import { StoreUnavailable } from "../ports.ts";
import { makeLocalStore } from "./fixtures/local-store.ts";

test("receivers that wait for nothing due have no timer but their own patience", async () => {
  const clock = new ManualClock();
  await using made = await makeLocalStore(clock);
  const abort = new AbortController();
  const waiting = [1, 2, 3].map(() =>
    made.store.queues.receive("q", { max: 1, visibilityMs: 1000, waitMs: 20_000, signal: abort.signal }),
  );
  await made.store.queues.depth("q");
  await new Promise(setImmediate);
  assert.equal(clock.timers, 3);
  await made.store.queues.send("q", new Uint8Array(1), { delayMs: 5000 });
  assert.equal(clock.timers, 4);
  abort.abort();
  await Promise.all(waiting);
  assert.equal(clock.timers, 0);
});

test("a clock that steps forward past a due moment is noticed when its timer rings", async () => {
  const clock = new ManualClock();
  await using made = await makeLocalStore(clock);
  const waiting = made.store.queues.receive("q", { max: 1, visibilityMs: 1000, waitMs: 3_600_000 });
  await made.store.queues.send("q", new Uint8Array(1), { delayMs: 1_800_000 });
  for (let minutes = 0; minutes < 31; minutes++) clock.advance(60_000);
  assert.equal((await waiting).length, 1);
});

test("an idle store with a waiting receiver and a watcher uses no CPU and lets the process end", async () => {
  const program = fileURLToPath(new URL("./fixtures/idle.ts", import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.ok(Number(output) < 10_000, `${output} µs of CPU in a second`);
});

test("the event loop goes on while large writes are on their way to the disk", async () => {
  await using made = await makeLocalStore();
  const body = new Uint8Array(1024 * 1024).fill(5);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (let i = 0; i < 8; i++) await Promise.all([1, 2, 3].map(() => made.store.queues.send("q", body)));
  delay.disable();
  assert.ok(delay.percentile(50) / 1e6 < 20, `half of the turns take less than ${delay.percentile(50) / 1e6} ms`);
});

test("beyond the bound of what may wait for the disk the next request is refused, and later ones pass", async () => {
  await using made = await makeLocalStore();
  const { records, queues } = made.store;
  const many = Array.from({ length: STORE_LIMITS.pendingRequestsMax + 10 }, () => records.get("a"));
  const refused = (await Promise.allSettled(many)).filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 10);
  const body = new Uint8Array(STORE_LIMITS.queueBodyBytesMax);
  const fits = Math.floor(STORE_LIMITS.pendingBytesMax / body.byteLength);
  const sends = await Promise.allSettled(Array.from({ length: fits + 3 }, () => queues.send("q", body)));
  const overloaded = sends.flatMap((send) => (send.status === "rejected" ? [send.reason] : []));
  assert.equal(overloaded.length, 3);
  for (const error of overloaded) assert.ok(error instanceof StoreUnavailable && error.reason === "overloaded");
  await records.put("a", 1);
});
