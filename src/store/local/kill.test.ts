/**
 * Goal: `kill -9` at any moment loses nothing acknowledged and leaves nothing half-written. Method: a real program writes
 * through all ports and prints each acknowledgement; it dies at every named point and at random moments; then the reopened
 * store is compared with what the program was promised. Not covered: power loss, because the page cache outlives a process.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../base/index.ts";
import type { Store } from "../ports.ts";
import { optionsFor, temporaryFolder } from "./fixtures/local-store.ts";
import { BATCH_ENTRIES, FILLER, type Promised } from "./fixtures/under-fire.ts";
import { openLocalStore } from "./open.ts";
import { CRASH_POINTS } from "./writer/crash-point.ts";

const PROGRAM = fileURLToPath(new URL("./fixtures/under-fire.ts", import.meta.url));
const RANDOM_KILLS = 30;
/** An hour ahead, every message that was hidden by a dead receiver is visible again. */
const LATER = { ...systemClock, now: () => Date.now() + 3_600_000 };

suite("kill -9", () => {
  let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    temporary = await temporaryFolder();
  });
  after(() => temporary[Symbol.asyncDispose]());

  for (const point of CRASH_POINTS) {
    test(`at the point ${point} loses nothing acknowledged and leaves nothing half-written`, async () => {
      const child = start([temporary.folder, point, point, "12"]);
      const promises = await readPromises(child, () => undefined);
      await compare(temporary.folder, point, promises);
    });
  }

  test(`at ${RANDOM_KILLS} random moments loses nothing acknowledged and leaves nothing half-written`, async (t) => {
    let acknowledged = 0;
    for (let i = 0; i < RANDOM_KILLS; i++) {
      const run = `random-${i}`;
      const delayMs = Math.random() * 80;
      const child = start([temporary.folder, run]);
      const promises = await readPromises(child, () => setTimeout(() => child.kill("SIGKILL"), delayMs));
      acknowledged += promises.length;
      await compare(temporary.folder, run, promises);
    }
    t.diagnostic(`${acknowledged} acknowledgements compared`);
    assert.ok(acknowledged > 100);
  });

  test("while the folder is made leaves one that opens", async () => {
    for (let i = 0; i < 6; i++) {
      await using fresh = await temporaryFolder();
      const child = start([fresh.folder, "fresh"]);
      const ended = once(child, "exit");
      while (!(await readdir(fresh.folder)).includes("store.db") && child.exitCode === null)
        await new Promise(setImmediate);
      for (let spins = i * 15; spins > 0; spins--) await new Promise(setImmediate);
      child.kill("SIGKILL");
      await ended;
      const store = await openLocalStore(optionsFor(fresh.folder));
      await store.records.put("a", 1);
      await store[Symbol.asyncDispose]();
    }
  });
});

/** Names of blobs whose content was compared already: they cannot change. */
const compared = new Set<string>();

function start(args: [folder: string, ...rest: string[]]): ChildProcess {
  // The compile cache makes the many starts short.
  const env = { ...process.env, NODE_COMPILE_CACHE: `${args[0]}/compile-cache` };
  return spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "inherit"], env });
}

/** Reads what the program was promised until it is dead by SIGKILL. */
async function readPromises(child: ChildProcess, opened: () => void): Promise<Promised[]> {
  assert.ok(child.stdout !== null);
  const ended = once(child, "exit");
  const promises: Promised[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const promise: Promised = JSON.parse(line);
    if (promise.kind === "open") opened();
    promises.push(promise);
  }
  assert.deepEqual(await ended, [null, "SIGKILL"]);
  return promises;
}

async function compare(folder: string, run: string, promises: readonly Promised[]): Promise<void> {
  const store = await openLocalStore(optionsFor(folder, LATER));
  try {
    await compareRecords(store, run, promises);
    await compareBlobs(folder, promises);
    await compareQueues(store, run, promises);
    await compareJournals(store, run, promises);
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

async function compareRecords(store: Store, run: string, promises: readonly Promised[]): Promise<void> {
  const last = new Map<string, Extract<Promised, { kind: "record" }>>();
  for (const promise of promises) if (promise.kind === "record") last.set(promise.key, promise);
  for (const { key, n, revision } of last.values()) {
    const entry = await store.records.get(key);
    assert.ok(entry !== undefined && entry.revision >= revision, `${key} is at revision ${revision} or later`);
    const found = entry.revision === revision ? n : n + 1;
    assert.deepEqual(entry.value, { n: found, filler: FILLER, again: found });
  }
  const next = await store.records.put(`${run}/after`, 1);
  assert.ok(next > Math.max(0, ...[...last.values()].map(({ revision }) => revision)));
}

async function compareBlobs(folder: string, promises: readonly Promised[]): Promise<void> {
  assert.deepEqual(await readdir(join(folder, "blobs", "incoming")), []);
  const names = new Set(await readdir(join(folder, "blobs")));
  for (const promise of promises) if (promise.kind === "blob") assert.ok(names.has(promise.sha256));
  for (const name of names) {
    if (name === "incoming" || compared.has(name)) continue;
    compared.add(name);
    const content = await readFile(join(folder, "blobs", name));
    assert.equal(createHash("sha256").update(content).digest("hex"), name);
  }
}

async function compareQueues(store: Store, run: string, promises: readonly Promised[]): Promise<void> {
  const settled = new Set(promises.flatMap((promise) => (promise.kind === "settled" ? [promise.id] : [])));
  const there = new Map<string, string>();
  for (const queue of await store.queues.list(`${run}/`)) {
    for (;;) {
      const deliveries = await store.queues.receive(queue, { max: 100, visibilityMs: 60_000, waitMs: 0 });
      if (deliveries.length === 0) break;
      for (const delivery of deliveries) {
        assert.ok(!there.has(delivery.id), "a message comes once");
        there.set(delivery.id, Buffer.from(delivery.body).toString());
        assert.equal(await delivery.ack(), true);
      }
    }
    assert.deepEqual(await store.queues.depth(queue), { ready: 0, delayed: 0, inFlight: 0 });
  }
  for (const id of settled) assert.ok(!there.has(id), "what was acknowledged as done does not come again");
  const lost = promises.filter(
    (promise) => promise.kind === "sent" && !settled.has(promise.id) && there.get(promise.id) !== promise.body,
  );
  // An ack whose promise died with the program may have been carried out: at most one per lane.
  assert.ok(lost.length <= 4, `${lost.length} messages are missing`);
  const lanes = new Set(lost.map((promise) => promise.kind === "sent" && promise.queue));
  assert.equal(lanes.size, lost.length);
}

async function compareJournals(store: Store, run: string, promises: readonly Promised[]): Promise<void> {
  const journals = new Set(promises.flatMap((promise) => (promise.kind === "appended" ? [promise.journal] : [])));
  for (const journal of journals) {
    const mine = promises.filter((promise) => "journal" in promise && promise.journal === journal);
    const trimmed = Math.max(1, ...mine.map((promise) => (promise.kind === "trimmed" ? promise.before : 1)));
    const stat = await store.journals.stat(journal);
    assert.ok(stat !== undefined && stat.firstSequence >= trimmed);
    const entries = await store.journals.read(journal, { from: 0, limit: 10_000 });
    const bodies = new Map(entries.map(({ sequence, body }) => [sequence, Buffer.from(body).toString()]));
    assert.equal((stat.nextSequence - 1) % BATCH_ENTRIES, 0, "batches are whole");
    assert.equal(bodies.size, stat.nextSequence - stat.firstSequence);
    assert.equal(
      stat.sizeBytes,
      [...bodies.values()].reduce((sum, body) => sum + body.length, 0),
    );
    for (const promise of mine) {
      if (promise.kind !== "appended" || promise.first < stat.firstSequence) continue;
      for (let i = 0; i < BATCH_ENTRIES; i++) assert.equal(bodies.get(promise.first + i), `${promise.batch}.${i}`);
    }
    const first = await store.journals.append(journal, [{ timeMs: 0, body: Buffer.from(run) }]);
    assert.equal(first, stat.nextSequence);
  }
}
