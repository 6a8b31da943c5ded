/** Opening and closing a data folder: alone, at the newest schema, with clear words when it cannot be. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { UserError } from "../../base/index.ts";
import { StoreUnavailable } from "../ports.ts";
import { collect } from "../testing/index.ts";
import { optionsFor, temporaryFolder } from "./fixtures/local-store.ts";
import { openLocalStore } from "./open.ts";
import { openDatabase } from "./writer/database.ts";
import { MIGRATIONS } from "./writer/migrations.ts";

const UNDER_FIRE = fileURLToPath(new URL("./fixtures/under-fire.ts", import.meta.url));

function refusal(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof UserError && error.code === code && message.test(error.message) && error.nextStep !== undefined;
}

test("a folder that is open is refused with the pid of its holder, and free again when that one closed", async () => {
  await using temporary = await temporaryFolder();
  const options = optionsFor(temporary.folder);
  const first = await openLocalStore(options);
  await assert.rejects(openLocalStore(options), refusal("data-folder-in-use", new RegExp(`process ${process.pid}\\b`)));
  await first.records.put("still", "works");
  await first[Symbol.asyncDispose]();
  const second = await openLocalStore(options);
  assert.equal((await second.records.get("still"))?.value, "works");
  await second[Symbol.asyncDispose]();
});

test("a folder held by another process is refused, and taken over as soon as that process is dead", async () => {
  await using temporary = await temporaryFolder();
  const child = spawn(process.execPath, [UNDER_FIRE, temporary.folder, "run"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  child.stdout.resume();
  await assert.rejects(
    openLocalStore(optionsFor(temporary.folder)),
    refusal("data-folder-in-use", new RegExp(`process ${child.pid}\\b`)),
  );
  child.kill("SIGKILL");
  await ended;
  const store = await openLocalStore(optionsFor(temporary.folder));
  assert.equal((await readFile(join(temporary.folder, "holder"), "utf8")).trim(), String(process.pid));
  await store[Symbol.asyncDispose]();
});

test("of many that open a fresh folder at once exactly one gets it", async () => {
  await using temporary = await temporaryFolder();
  const attempts = Array.from({ length: 5 }, () => openLocalStore(optionsFor(join(temporary.folder, "new", "folder"))));
  const opened = (await Promise.allSettled(attempts)).flatMap((a) => (a.status === "fulfilled" ? [a.value] : []));
  assert.equal(opened.length, 1);
  await opened[0]?.[Symbol.asyncDispose]();
});

test("what an owner stores is readable by the owner alone", async () => {
  await using temporary = await temporaryFolder();
  const store = await openLocalStore(optionsFor(join(temporary.folder, "data")));
  await store.records.put("a", 1);
  for (const name of [".", "store.db", "store.db-wal", "blobs"]) {
    assert.equal((await stat(join(temporary.folder, "data", name))).mode & 0o077, 0, name);
  }
  await store[Symbol.asyncDispose]();
});

test("a file of every released version is brought to the newest schema with what it holds", async () => {
  for (const { version } of MIGRATIONS) {
    await using temporary = await temporaryFolder();
    const old = openDatabase(join(temporary.folder, "store.db"), MIGRATIONS.slice(0, version));
    old.exec("INSERT INTO records VALUES ('old', '{\"kept\":true}', 41, NULL); UPDATE counters SET value = 41");
    old.close();
    const store = await openLocalStore(optionsFor(temporary.folder));
    assert.deepEqual(await store.records.get("old"), { key: "old", value: { kept: true }, revision: 41 });
    assert.equal(await store.records.put("new", 1), 42);
    assert.equal(await store.journals.append("j", [{ timeMs: 1, body: new Uint8Array(1) }]), 1);
    await store.queues.send("q", new Uint8Array(1));
    await store[Symbol.asyncDispose]();
  }
});

test("the migrations are numbered 1, 2, 3 … without a gap", () => {
  assert.deepEqual(
    MIGRATIONS.map(({ version }) => version),
    MIGRATIONS.map((_, i) => i + 1),
  );
});

test("a file of a newer schema is refused untouched", async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.folder, "store.db");
  openDatabase(file, [...MIGRATIONS, { version: 99, sql: "CREATE TABLE future (x)" }]).close();
  await assert.rejects(
    openLocalStore(optionsFor(temporary.folder)),
    refusal("data-folder-newer", /newer Lambent \(schema 99;/),
  );
  const database = new DatabaseSync(file);
  assert.equal(database.prepare("PRAGMA user_version").get()?.["user_version"], 99);
  database.close();
});

test("a file that is not Lambent's is refused untouched", async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.folder, "store.db");
  const text = "This is not a database, it is a letter to my aunt. ".repeat(40);
  await writeFile(file, text);
  await assert.rejects(openLocalStore(optionsFor(temporary.folder)), refusal("data-folder-foreign", /store\.db/));
  assert.equal(await readFile(file, "utf8"), text);
  await using other = await temporaryFolder();
  const database = new DatabaseSync(join(other.folder, "store.db"));
  database.exec("CREATE TABLE theirs (x)");
  database.close();
  await assert.rejects(
    openLocalStore(optionsFor(other.folder)),
    refusal("data-folder-foreign", /not written by Lambent/),
  );
});

test("a folder that cannot be made or written says so", async () => {
  await using temporary = await temporaryFolder();
  await writeFile(join(temporary.folder, "file"), "");
  await assert.rejects(
    openLocalStore(optionsFor(join(temporary.folder, "file"))),
    refusal("data-folder-unusable", /EEXIST|ENOTDIR/),
  );
  await mkdir(join(temporary.folder, "odd", "store.db"), { recursive: true });
  await assert.rejects(
    openLocalStore(optionsFor(join(temporary.folder, "odd"))),
    refusal("data-folder-unusable", /cannot be used/),
  );
  if (process.getuid?.() === 0) return;
  await chmod(temporary.folder, 0o500);
  await assert.rejects(
    openLocalStore(optionsFor(join(temporary.folder, "new"))),
    refusal("data-folder-unusable", /EACCES/),
  );
  await chmod(temporary.folder, 0o700);
});

test("a torn tail of the log is detected and cut: what comes back is a prefix of the commits, each whole", async () => {
  for (const tear of ["cut", "flip"] as const) {
    await using temporary = await temporaryFolder();
    const child = spawn(process.execPath, [UNDER_FIRE, temporary.folder, "run", "before-commit", "25"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    await once(child, "exit");
    const log = join(temporary.folder, "store.db-wal");
    const whole = await readFile(log);
    if (tear === "cut") await truncate(log, whole.byteLength - 2500);
    else await writeFile(log, whole.fill(0x5a, whole.byteLength - 6000, whole.byteLength - 5000));
    const store = await openLocalStore(optionsFor(temporary.folder));
    for (const { value } of await store.records.list("run/", { limit: 10 })) {
      const { n, again } = Object(value);
      assert.ok(n > 0 && n === again);
    }
    const stat = await store.journals.stat("run/0");
    assert.equal(((stat?.nextSequence ?? 1) - 1) % 3, 0);
    await store.records.put("goes", "on");
    await store[Symbol.asyncDispose]();
  }
});

test("closing lets writes under way finish, ends waits and watches, and refuses what comes later", async () => {
  await using temporary = await temporaryFolder();
  const store = await openLocalStore(optionsFor(temporary.folder));
  const { signal } = new AbortController();
  const waiting = store.queues.receive("q", { max: 1, visibilityMs: 1000, waitMs: 3_600_000 });
  const watching = collect(store.records.watch("", signal));
  const following = collect(store.journals.follow("j", { from: 1, signal }));
  await store.records.put("a", 0);
  const puts = Array.from({ length: 200 }, (_, i) => store.records.put(`p/${i}`, i));
  await Promise.all([store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
  assert.equal((await Promise.all(puts)).length, 200);
  assert.deepEqual(await waiting, []);
  await watching;
  assert.deepEqual(await following, []);
  await assert.rejects(
    store.records.get("a"),
    (error) => error instanceof StoreUnavailable && error.reason === "closed",
  );
  await assert.rejects(store.queues.send("q", new Uint8Array(1)), StoreUnavailable);
});
