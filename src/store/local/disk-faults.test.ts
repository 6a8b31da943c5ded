/** Disks that are full or fail: the caller hears of it, nothing half-written stays, and writing goes on when the disk does. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "./fixtures/local-store.ts";
import type { Outcome, Request } from "./operations.ts";
import { crashPoint } from "./writer/crash-point.ts";
import { openDatabase } from "./writer/database.ts";
import { GroupCommit } from "./writer/group-commit.ts";
import { openTables } from "./writer/tables.ts";

function put(id: number, key: string, json: string): Request {
  return { id, op: "records.put", input: { key, json, ifRevision: undefined, expiresAt: undefined, now: 1 } };
}

test("a full disk refuses the whole group, reads go on, and the next group that fits is taken", async () => {
  await using temporary = await temporaryFolder();
  const commit = new GroupCommit({
    open: () => {
      const database = openDatabase(join(temporary.folder, "store.db"));
      database.exec("PRAGMA max_page_count = 40");
      return database;
    },
    prepare: (database) => openTables(database),
    crashPoint: crashPoint(undefined),
  });
  const run = (...requests: Request[]): Outcome[] => {
    const outcomes: Outcome[] = [];
    commit.run(requests, (group) => outcomes.push(...group));
    return outcomes;
  };
  assert.deepEqual(run(put(1, "a", '"first"')), [{ id: 1, ok: true, output: 1 }]);
  const large = JSON.stringify("x".repeat(200_000));
  for (const outcome of run(put(2, "a", '"second"'), put(3, "b", large))) {
    assert.ok(!outcome.ok && outcome.failure.reason === "disk-full");
  }
  const [read] = run({ id: 4, op: "records.get", input: { key: "a", now: 1 } });
  assert.deepEqual(read, { id: 4, ok: true, output: { key: "a", json: '"first"', revision: 1 } });
  assert.deepEqual(run(put(5, "a", '"third"')), [{ id: 5, ok: true, output: 2 }]);
  commit.close();
});

if (process.platform === "linux") {
  test("a disk that fails on write rejects with io-error, is opened anew, and keeps all it acknowledged", async () => {
    await using temporary = await temporaryFolder();
    const program = fileURLToPath(new URL("./fixtures/until-refused.ts", import.meta.url));
    // A limit on the size of files makes the kernel fail writes with EFBIG, for the log and for blobs.
    const child = spawn(
      "bash",
      ["-c", 'ulimit -S -f 400; exec "$0" "$@"', process.execPath, program, temporary.folder],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    const ended = once(child, "exit");
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "records io-error, blobs disk-full");
    await promisify(execFile)("prlimit", ["--pid", String(child.pid), "--fsize=unlimited:"]);
    child.stdin.end("go on\n");
    assert.equal((await lines.next()).value, "all there");
    assert.deepEqual(await ended, [0, null]);
  });
}
