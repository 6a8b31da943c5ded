/** What the attack tests share: a real driver in a temporary run folder, and programs run to their end inside sandboxes. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import {
  createSandboxDriver,
  type Sandbox,
  type SandboxDriver,
  type SandboxExit,
  type SandboxLimits,
} from "../index.ts";
import { forkedDriver } from "../testing/forked.ts";

export const LIMITS: SandboxLimits = { memoryMb: 128, pids: 256, openFiles: 1024, tmpMb: 512 };
export const NODE = "/var/lang/bin/node";
const NODE_FOLDER = dirname(dirname(process.execPath));

/** Set where the attacks are to meet sandboxes that are forked from a template. */
export const FORKED = "LAMBENT_TEST_FORKED";

/** Gives `use` an `oci` driver; fails rather than skips where isolation is not available. */
export async function withDriver(use: (driver: SandboxDriver) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lambent-attacks-"));
  const log = lineLog("warn", (line) => process.stderr.write(line));
  try {
    const options = { requested: "oci", runFolder: folder, clock: systemClock, random: systemRandom, log };
    await using driver = await createSandboxDriver(options);
    await driver.prepare();
    await use(process.env[FORKED] === undefined ? driver : forkedDriver(driver));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A sandbox with Node.js inside, attached to `limits` and no code. */
export async function startProgram(
  driver: SandboxDriver,
  args: readonly string[],
  options: { readonly limits?: Partial<SandboxLimits>; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Sandbox> {
  const limits = { ...LIMITS, ...options.limits };
  const sandbox = await driver.create({
    id: `attack-${systemRandom.hex(4)}`,
    args: ["/bin/sh", "-c", 'read _ <&3; exec "$@"', "wait", ...args],
    env: { PATH: "/usr/bin:/bin", ...options.env },
    cwd: "/",
    mounts: [{ source: NODE_FOLDER, target: "/var/lang" }],
    limits,
  });
  await sandbox.attach({ mounts: [], limits });
  sandbox.channel.write("go\n");
  return sandbox;
}

export interface Outcome extends SandboxExit {
  readonly stdout: string;
  readonly stderr: string;
  readonly peakMemoryMb: number;
}

/** Runs a program to its end and removes its sandbox. */
export async function runProgram(
  driver: SandboxDriver,
  args: readonly string[],
  options: Parameters<typeof startProgram>[2] = {},
): Promise<Outcome> {
  const sandbox = await startProgram(driver, args, options);
  const [exit, stdout, stderr] = await Promise.all([sandbox.exited, text(sandbox.stdout), text(sandbox.stderr)]);
  const { peakMemoryMb } = await sandbox.usage();
  await sandbox.destroy();
  return { ...exit, stdout, stderr, peakMemoryMb };
}

/** Runs a shell script to its end. */
export function runShell(
  driver: SandboxDriver,
  script: string,
  options: Parameters<typeof startProgram>[2] = {},
): Promise<Outcome> {
  return runProgram(driver, ["/bin/sh", "-c", script], options);
}

/** Runs JavaScript (a module) to its end. */
export function runNode(
  driver: SandboxDriver,
  script: string,
  options: Parameters<typeof startProgram>[2] = {},
): Promise<Outcome> {
  return runProgram(
    driver,
    [NODE, "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script],
    options,
  );
}

/** Says for each `host:port` whether a connection succeeds, is refused, or leads nowhere. */
const PROBE = `
  import net from "node:net";
  const probe = (target) => new Promise((resolve) => {
    const at = target.lastIndexOf(":");
    const socket = net.connect({ host: target.slice(0, at), port: Number(target.slice(at + 1)) });
    socket.setTimeout(400, () => { socket.destroy(); resolve("nowhere"); });
    socket.on("connect", () => { socket.destroy(); resolve("connected"); });
    socket.on("error", (error) => resolve(error.code));
  });
  console.log(JSON.stringify(Object.fromEntries(await Promise.all(process.env.TARGETS.split(" ").map(async (t) => [t, await probe(t)])))));`;

/** `connected`, an error code or `nowhere` by target. */
export async function probe(driver: SandboxDriver, targets: readonly string[]): Promise<Record<string, string>> {
  const outcome = await runNode(driver, PROBE, { env: { TARGETS: targets.join(" ") } });
  assert.equal(outcome.code, 0, outcome.stderr);
  return JSON.parse(outcome.stdout);
}
