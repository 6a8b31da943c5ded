/**
 * Durable writes per second through the store, against bare appends with `fdatasync` to a file beside it in the same run.
 * Baseline and candidate alternate in short slices, because the disk of a shared machine changes from second to second.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lineLog, systemClock, systemRandom } from "../src/base/index.ts";
import { openLocalStore } from "../src/store/index.ts";
import { type Figure, report } from "./support/report.ts";
import { median } from "./support/stats.ts";

const SLICES = 9;
const SLICE_MS = 250;
const BODY = Buffer.alloc(256, "x");

const folder = mkdtempSync(join(tmpdir(), "lambent-store-bench-"));
const log = lineLog("warn", (line) => void process.stderr.write(line));
const opening = performance.now();
const store = await openLocalStore({ folder, clock: systemClock, random: systemRandom, log });
const openMs = performance.now() - opening;
const file = openSync(join(folder, "appends"), "a");
let next = 0;

/** Calls `step` from `callers` loops for one slice; what it did per second (a number it resolves with, else 1). */
async function rate(callers: number, step: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let done = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() - started < SLICE_MS) {
      const count = await step();
      done += typeof count === "number" ? count : 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, loop));
  return (done * 1000) / (performance.now() - started);
}

async function bareAppend(): Promise<void> {
  writeSync(file, BODY);
  fdatasyncSync(file);
}

const put = async (): Promise<void> => {
  await store.records.put(`bench/${next++ % 10_000}`, { text: "x".repeat(200) });
};
const append = async (): Promise<void> => {
  await store.journals.append(`bench/${next++ % 64}`, [{ timeMs: next, body: BODY }]);
};
const send = (): Promise<unknown> => store.queues.send("bench", BODY);
/** Takes up to ten messages and settles them, as a poller does; resolves with the number of them. */
async function drainTen(): Promise<number> {
  const deliveries = await store.queues.receive("bench", { max: 10, visibilityMs: 30_000, waitMs: 0 });
  await Promise.all(deliveries.map((delivery) => delivery.ack()));
  return deliveries.length;
}

const candidates = [
  { what: "records.put, 1 caller", run: () => rate(1, put), atLeast: 0.2 },
  { what: "records.put, 64 callers", run: () => rate(64, put), atLeast: 3 },
  { what: "journals.append, 64 callers, 64 journals", run: () => rate(64, append), atLeast: 3 },
  { what: "queues.send, 64 callers", run: () => rate(64, send), atLeast: 3 },
  { what: "queues.receive + ack, 8 receivers of 10", run: () => rate(8, drainTen), atLeast: 1 },
];
const baselines: number[] = [];
const measured = candidates.map((): number[] => []);
for (let slice = 0; slice < SLICES; slice += 1) {
  for (const [index, { run }] of candidates.entries()) {
    baselines.push(await rate(1, bareAppend));
    measured[index]?.push(await run());
  }
}
await store[Symbol.asyncDispose]();
closeSync(file);
rmSync(folder, { recursive: true });

const figures: Figure[] = candidates.map(({ what, atLeast }, index) => ({
  what,
  unit: "/s",
  measured: median(measured[index] ?? []),
  baseline: median(baselines),
  budget: { atLeast },
}));
figures.push({ what: "open a fresh store", unit: "ms", measured: openMs });
process.exitCode = report("store", figures) ? 0 : 1;
