import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { SandboxDriver } from "../index.ts";
import { runNode, runShell, startProgram, withDriver } from "./harness.ts";

/** Runs `attack` beside a neighbour that must answer during and after it. */
async function besideNeighbour(driver: SandboxDriver, attack: () => Promise<void>): Promise<void> {
  const neighbour = await startProgram(driver, ["/bin/sh", "-c", 'while read line <&3; do echo "$line" >&3; done']);
  const answers = async (): Promise<void> => {
    neighbour.channel.write("alive\n");
    assert.equal(String((await once(neighbour.channel, "data"))[0]), "alive\n");
  };
  await answers();
  const attacked = attack();
  await answers();
  await attacked;
  await answers();
  await neighbour.destroy();
}

test("a memory bomb is killed by the kernel and reported as out of memory", () =>
  withDriver((driver) =>
    besideNeighbour(driver, async () => {
      const bomb = "const kept = []; for (;;) kept.push(Buffer.alloc(8 * 2 ** 20, 1));";
      const outcome = await runNode(driver, bomb);
      assert.equal(outcome.outOfMemory, true);
      assert.equal(outcome.signal, "SIGKILL");
      assert.ok(outcome.peakMemoryMb <= 128, `peak ${outcome.peakMemoryMb} MiB`);
    }),
  ));

test("a memory bomb in a child process ends the whole sandbox", () =>
  withDriver(async (driver) => {
    const bomb = "head -c 400m /dev/zero | tail > /dev/null";
    const outcome = await runShell(driver, `sh -c '${bomb}'; echo survived; while :; do sleep 1; done`);
    assert.deepEqual([outcome.outOfMemory, outcome.signal], [true, "SIGKILL"]);
  }));

test("a fork bomb meets EAGAIN at the limit and dies with its sandbox", () =>
  withDriver((driver) =>
    besideNeighbour(driver, async () => {
      const sandbox = await startProgram(driver, ["/bin/sh", "-c", "i=0; while :; do sleep 600 & i=$((i+1)); done"]);
      let complaint = "";
      for await (const chunk of sandbox.stderr) {
        complaint += String(chunk);
        if (/Cannot fork|Resource temporarily unavailable/.test(complaint)) break;
      }
      await sandbox.destroy();
      assert.equal((await sandbox.exited).outOfMemory, false);
    }),
  ));

test("a full /tmp gives ENOSPC at the configured size and costs no memory", () =>
  withDriver((driver) =>
    besideNeighbour(driver, async () => {
      const script = "dd if=/dev/zero of=/tmp/fill bs=1M; stat -c %s /tmp/fill";
      const outcome = await runShell(driver, script, { limits: { tmpMb: 256, memoryMb: 128 } });
      assert.match(outcome.stderr, /No space left on device/);
      assert.equal(outcome.outOfMemory, false);
      const writtenMb = Number(outcome.stdout) / 2 ** 20;
      assert.ok(writtenMb > 255 && writtenMb < 262, `${writtenMb} MiB written`);
    }),
  ));

test("file descriptors end at the limit with EMFILE", () =>
  withDriver(async (driver) => {
    const script = `import fs from "node:fs"; let n = 0;
      try { for (;;) { fs.openSync("/dev/null"); n += 1; } } catch (error) { console.log(error.code, n); }`;
    const [code, count] = (await runNode(driver, script)).stdout.split(" ");
    assert.equal(code, "EMFILE");
    assert.ok(Number(count) > 900 && Number(count) < 1024, `opened ${count}`);
  }));

test("processes that leave their group and session end with the sandbox", () =>
  withDriver(async (driver) => {
    const outcome = await runShell(driver, "setsid sh -c 'while :; do sleep 600; done' & sleep 0.1; exit 0");
    assert.deepEqual([outcome.code, outcome.outOfMemory], [0, false]);
  }));
