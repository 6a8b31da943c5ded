/** What stays of a server that nobody has called for long: nothing that was made for functions. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hasErrorCode } from "../base/index.ts";
import { LeapingClock } from "../base/testing/leaping-clock.ts";
import { until } from "../base/testing/until.ts";
import { openDriver, openHouse, versionOf } from "./testing/house.ts";

const KINDS = ["threads", "mounts", "networks", "children"] as const;
const MINUTE_MS = 60_000;

test("after a long silence no environment, spare, template, thread, mount or network is left", async () => {
  const clock = new LeapingClock();
  using folder = temporaryFolder();
  await using driver = await openDriver("oci", folder.path, clock);
  await driver.prepare();
  await using house = await openHouse("oci", { clock, driver });
  const before = held(folder.path);
  const versions = [versionOf("sleeps"), versionOf("shows_itself", { runtime: "python3.13", timeoutMs: 10_000 })];
  await Promise.all([...versions, ...versions].map((version) => house.invoke(version, { ms: 300 })));
  let list = house.environments.list();
  const runtimes = (some: typeof list): number => new Set(some.map(({ runtime }) => runtime)).size;
  await until("idle environments and spares of both runtimes", () => {
    list = house.environments.list();
    const spares = list.filter(({ state }) => state === "waiting");
    const idle = list.filter(({ state }) => state === "idle");
    return runtimes(idle) === 2 && runtimes(spares) === 2;
  }).catch((error: unknown) => assert.fail(`${String(error)}: ${JSON.stringify(list)}`));
  const busy = held(folder.path);
  for (const kind of KINDS) assert.ok(busy[kind] > before[kind], `${kind}: ${JSON.stringify({ before, busy })}`);

  clock.leap(11 * MINUTE_MS);
  await until("no environment and no spare", () => {
    // A spare that was on its way has its own time.
    clock.leap(MINUTE_MS);
    return house.environments.list().length === 0;
  });
  let now = busy;
  await until("as before", () => {
    clock.leap(MINUTE_MS);
    now = held(folder.path);
    return KINDS.every((kind) => now[kind] <= before[kind]);
  }).catch((error: unknown) => assert.fail(`${String(error)}: ${JSON.stringify({ before, busy, now })}`));
});

/** Of this process, and of its folder: other processes mount, too. */
function held(folder: string): Record<(typeof KINDS)[number], number> {
  return {
    threads: readdirSync("/proc/self/task").filter((id) => taskName(id) === "WorkerThread").length,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split(folder).length - 1,
    networks: readdirSync("/proc/self/fd").filter((fd) => fileBehind(fd).startsWith("net:")).length,
    children: children(),
  };
}

function children(): number {
  return readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean).length;
}

function taskName(id: string): string {
  return unlessGone(() => readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim());
}

function fileBehind(fd: string): string {
  return unlessGone(() => readlinkSync(`/proc/self/fd/${fd}`));
}

function unlessGone(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ESRCH")) return "";
    throw error;
  }
}

function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "lambent-silence-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
