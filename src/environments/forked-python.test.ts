/** Python's environments are forked from a template: they must share nothing that could tell, and behave as if started. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../base/testing/until.ts";
import { type House, openDriver, openHouse, versionOf } from "./testing/house.ts";

const PYTHON = { runtime: "python3.13", timeoutMs: 10_000 } as const;
const shows = versionOf("shows_itself", PYTHON);

interface Shown {
  readonly forked: boolean;
  readonly random: number;
  readonly uuid: readonly string[];
  readonly temporary: string;
  readonly [name: string]: unknown;
}

test("processes forked from one template differ in all that is random, and in nothing else", async () => {
  await using house = await openHouse("oci");
  await templateUp(house);
  const shown = await Promise.all(Array.from({ length: 4 }, () => show(house, { ms: 1_500 })));
  const forked = shown.filter((one) => one.forked);
  assert.ok(forked.length >= 3, `${forked.length} of 4 were forked`);
  for (const name of ["random", "uuid", "temporary"] as const)
    assert.equal(new Set(forked.map((one) => String(one[name]))).size, forked.length, name);
  const rest = forked.map(({ random, uuid, temporary, ...others }) => others);
  for (const other of rest) assert.deepEqual(other, rest[0]);
});

test("a forked process is what a started one is: descriptors, signals, environment, paths, time", async () => {
  const started = await withoutTemplates((house) => show(house));
  await using house = await openHouse("oci");
  await templateUp(house);
  const forked = await show(house);
  assert.deepEqual([started.forked, forked.forked], [false, true]);
  const comparable = ({ forked: _, random, uuid, temporary, pid, seen, environ, ...others }: Shown): object => ({
    ...others,
    // OCI runtimes set it, and functions on AWS have none.
    environ: String(environ).replace(/HOME=[^,]*,/, ""),
  });
  assert.deepEqual(comparable(forked), comparable(started));
  assert.deepEqual(forked["seen"], [forked["pid"]], "nothing but itself is seen");
});

test("the end of a forked process is told exactly", async () => {
  await using house = await openHouse("oci");
  await templateUp(house);
  const exit = await house.invoke(shows, { exit: 3 });
  assert.match(exit.text, /Runtime\.ExitError.*exit status 3/);
  const aborted = await house.invoke(shows, { signal: 6 });
  assert.match(aborted.text, /Runtime\.ExitError.*signal: aborted/);
  const killed = await house.invoke(shows, { signal: 9 });
  assert.match(killed.text, /Runtime\.ExitError.*signal: killed/);
});

test("the death of a template takes no environment with it, and another one takes its place", async () => {
  await using house = await openHouse("oci");
  await templateUp(house);
  const before = await show(house);
  const killed = templates();
  assert.equal(killed.length, 1);
  for (const pid of killed) process.kill(pid, "SIGKILL");
  assert.equal((await show(house)).random === before.random, false, "the environment goes on");
  await until("the template is gone", () => !templates().some((pid) => killed.includes(pid)));
  const other = versionOf("shows_itself", { ...PYTHON, functionName: "other" });
  await show(house, {}, other);
  await until("another template", () => templates().length === 1);
});

test("accounts have templates of their own", async () => {
  await using house = await openHouse("oci");
  await templateUp(house);
  const stranger = versionOf("shows_itself", { ...PYTHON, accountId: "111111111111", functionName: "stranger" });
  house.environments.expect(stranger);
  await until("a second template", () => templates().length === 2);
});

test("whoever is told that a function is expected hears of it when its code is there, and of none that has none", async () => {
  const heard: string[] = [];
  await using house = await openHouse("oci", {
    codeFolders: {
      unpacked: async (name) => {
        heard.push(name);
        if (name === "missing") throw new Error("no such code");
        return name;
      },
    },
    onExpected: () => heard.push("expected"),
  });
  house.environments.expect(versionOf("shows_itself", { ...PYTHON, code: { kind: "zip", sha256: "missing" } }));
  await until("the missing code is asked for", () => heard.includes("missing"));
  house.environments.expect(versionOf("shows_itself", { ...PYTHON, code: { kind: "zip", sha256: "there" } }));
  await until("it is heard of", () => heard.includes("expected"));
  assert.deepEqual(heard, ["missing", "there", "expected"]);
});

test("a quiet server forks many processes ahead, and a burst begins with them", async () => {
  const many = 6;
  await using house = await openHouse("oci", { settings: { sparesPerRuntimeMax: many } });
  house.environments.expect(shows);
  const waiting = (): number => house.environments.list().filter(({ state }) => state === "waiting").length;
  await until("many spares without any demand", () => waiting() === many);
  const started = await Promise.all(Array.from({ length: many }, () => house.invoke(shows, { ms: 1_500 })));
  assert.deepEqual(
    started.map(({ report }) => report.coldTimings?.source),
    Array.from({ length: many }, () => "spare"),
  );
});

async function show(house: House, event: object = {}, version = shows): Promise<Shown> {
  const { text, functionError } = await house.invoke(version, event);
  assert.equal(functionError, undefined, text);
  return JSON.parse(text);
}

async function templateUp(house: House): Promise<void> {
  house.environments.expect(shows);
  await until("a spare is forked", () => house.environments.list().length > 0 && forkedProcesses() > 0);
}

/** The same house with a driver that never forks. */
async function withoutTemplates(use: (house: House) => Promise<Shown>): Promise<Shown> {
  const folder = mkdtempSync(join(tmpdir(), "lambent-unforked-"));
  const driver = await openDriver("oci", folder);
  await using house = await openHouse("oci", {
    driver: {
      isolation: driver.isolation,
      prepare: () => driver.prepare(),
      create: ({ template: _, ...spec }) => driver.create(spec),
      [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
    },
  });
  try {
    return await use(house);
  } finally {
    await driver[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Children of this process that run a template; the numbers of forks in their own namespace are 1 and 2. */
function pythons(): readonly { readonly pid: number; readonly depth: number }[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, "utf8").endsWith("bootstrap.py\0template\0")) return [];
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      if (!belongs(status)) return [];
      return [{ pid: Number(name), depth: /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split("\t").length ?? 0 }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

function belongs(status: string): boolean {
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
  if (parent === process.pid) return true;
  return readFileSync(`/proc/${parent}/status`, "utf8").includes(`PPid:\t${process.pid}\n`);
}

function templates(): readonly number[] {
  const own = /^NSpid:\s+(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]?.split("\t").length ?? 1;
  return pythons().flatMap(({ pid, depth }) => (depth === own ? [pid] : []));
}

function forkedProcesses(): number {
  return pythons().length - templates().length;
}
