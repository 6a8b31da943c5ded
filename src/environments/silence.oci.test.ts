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
  const before = held();
  const versions = [versionOf("sleeps"), versionOf("shows_itself", { runtime: "python3.13", timeoutMs: 10_000 })];
  await Promise.all([...versions, ...versions].map((version) => house.invoke(version, { ms: 300 })));
  await until("four idle environments, and spares of both runtimes", () => {
    const list = house.environments.list();
    const spares = list.filter(({ state }) => state === "waiting");
    const idle = list.filter(({ state }) => state === "idle");
    return idle.length === 4 && new Set(spares.map(({ runtime }) => runtime)).size === 2;
  });
  const busy = held();
  for (const kind of KINDS) assert.ok(busy[kind] > before[kind], `${kind}: ${JSON.stringify({ before, busy })}`);

  clock.leap(11 * MINUTE_MS);
  await until("no environment and no spare", () => house.environments.list().length === 0);
  await until(`as before, ${JSON.stringify(before)}`, () => {
    clock.leap(MINUTE_MS);
    const now = held();
    return KINDS.every((kind) => now[kind] <= before[kind]);
  });
});

/** Of this process. */
function held(): Record<(typeof KINDS)[number], number> {
  return {
    threads: readdirSync("/proc/self/task").filter((id) => taskName(id) === "WorkerThread").length,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
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
