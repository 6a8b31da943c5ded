/**
 * Lambent's bootstraps without a sandbox: what a start costs beyond the bare interpreter, and what an invocation costs
 * beyond a bare echo (`cat`) over the same kind of channel. Baseline and candidate alternate sample by sample.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { lineLog } from "../src/base/index.ts";
import { createRuntimes } from "../src/runtimes/index.ts";
import { RuntimeProcess } from "../src/runtimes/testing/runtime-process.ts";
import { timeProcess } from "./support/processes.ts";
import { type Figure, report } from "./support/report.ts";
import { median, percentile } from "./support/stats.ts";

const STARTS = 20;
const ROUND_TRIPS = 4000;
const EVENT = { greeting: "hello", to: ["world"] };

interface Candidate {
  readonly name: string;
  readonly args: readonly string[];
  readonly bare: readonly [string, ...string[]];
  readonly taskRoot: string;
}

const fixtures = join(import.meta.dirname, "../src/runtimes/fixtures");
const cacheFolder = mkdtempSync(join(tmpdir(), "lambent-bench-"));
const figures: Figure[] = [];
try {
  for (const candidate of await candidates()) {
    figures.push(...(await starts(candidate)), ...(await roundTrips(candidate)));
  }
} finally {
  rmSync(cacheFolder, { recursive: true, force: true });
}
process.exitCode = report("runtimes", figures) ? 0 : 1;

async function candidates(): Promise<readonly Candidate[]> {
  const log = lineLog("error", (line) => process.stderr.write(line));
  const runtimes = createRuntimes({ cacheFolder, hostNode: process.execPath, log });
  const found: Candidate[] = [];
  for (const name of ["nodejs26.x", "python3.13"]) {
    const runtime = runtimes.get(name);
    if (runtime === undefined) continue;
    const interpreter = await runtime.findInterpreter({ strict: false });
    const { args, mounts } = runtime.launch(interpreter, { memoryMb: 128 });
    const outside = (path: string): string => {
      const mount = mounts.find(({ target }) => path === target || path.startsWith(`${target}/`));
      return mount === undefined ? path : mount.source + path.slice(mount.target.length);
    };
    const run = runtime.family === "nodejs" ? ["-e", "0"] : ["-c", "0"];
    const taskRoot = join(fixtures, runtime.family);
    found.push({ name, args: args.map(outside), bare: [interpreter.program, ...run], taskRoot });
  }
  return found;
}

async function starts({ name, args, bare, taskRoot }: Candidate): Promise<readonly Figure[]> {
  const [program, ...rest] = bare;
  const samples = { bare: [] as number[], waiting: [] as number[], init: [] as number[], answered: [] as number[] };
  for (let i = 0; i < STARTS; i++) {
    samples.bare.push(await timeProcess(program, rest));
    const started = performance.now();
    await using candidate = new RuntimeProcess({ args, env: {} });
    await candidate.next("waiting");
    const waiting = performance.now();
    candidate.init("answers.echo", taskRoot, {});
    await candidate.next("initDone");
    const ready = performance.now();
    candidate.invoke(EVENT);
    await candidate.next("response");
    samples.waiting.push(waiting - started);
    samples.init.push(ready - waiting);
    samples.answered.push(performance.now() - started);
  }
  const baseline = median(samples.bare);
  const figure = (what: string, measured: readonly number[]): Figure => ({
    what: `${name} ${what}`,
    unit: "ms",
    measured: median(measured),
    baseline,
  });
  return [
    figure("spawn to WAITING", samples.waiting),
    figure("INIT to INIT_DONE, no pause after WAITING", samples.init),
    figure("spawn to first response", samples.answered),
  ];
}

async function roundTrips({ name, args, taskRoot }: Candidate): Promise<readonly Figure[]> {
  await using candidate = new RuntimeProcess({ args, env: {} });
  await candidate.next("waiting");
  candidate.init("answers.echo", taskRoot, {});
  await candidate.next("initDone");
  const echo = startEcho();
  const bytes = Buffer.from(JSON.stringify(EVENT));
  const samples = { bare: [] as number[], framed: [] as number[] };
  try {
    for (let i = 0; i < ROUND_TRIPS; i++) {
      const started = performance.now();
      echo.channel.write(bytes);
      await once(echo.channel, "data");
      const between = performance.now();
      candidate.invoke(EVENT);
      await candidate.next("response");
      samples.bare.push((between - started) * 1000);
      samples.framed.push((performance.now() - between) * 1000);
    }
  } finally {
    echo.child.kill("SIGKILL");
  }
  const figure = (what: string, p: number): Figure => ({
    what: `${name} warm round trip ${what}`,
    unit: "us",
    measured: percentile(samples.framed, p),
    baseline: percentile(samples.bare, p),
  });
  return [figure("p50", 0.5), figure("p99", 0.99)];
}

/** The least that a child process can do with what it is sent. */
function startEcho(): { readonly child: ChildProcess; readonly channel: Duplex } {
  const child = spawn("/bin/sh", ["-c", "exec cat <&3 >&3"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const channel = child.stdio[3];
  if (!(channel instanceof Duplex)) throw new Error("the echo has no channel");
  return { child, channel };
}
