/** Servers under test and bare interpreters, as child processes that end with the bench. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY: string = join(import.meta.dirname, "..", "..");

export interface RunningProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds from spawn to the line that names the URL. */
  readonly startMs: number;
}

/** The raw node:http server. */
export function startRawServer(): Promise<RunningProcess> {
  return start([process.execPath, join(REPOSITORY, "bench/support/raw-server.ts")], []);
}

/** Lambent with a fresh data folder on a free port. */
export function startLambent(extra: readonly string[] = []): Promise<RunningProcess> {
  const data = mkdtempSync(join(tmpdir(), "lambent-bench-"));
  return start(
    [process.execPath, join(REPOSITORY, "bin/lambent.js"), "up", "--port", "0", "--data", data, ...extra],
    [data],
  );
}

function start(command: readonly string[], folders: readonly string[]): Promise<RunningProcess> {
  const started = performance.now();
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: undefined },
  });
  return new Promise((resolve, reject) => {
    let output = "";
    child.on("error", reject);
    child.on("exit", (code) =>
      reject(new Error(`${args.join(" ")} ended with ${code} before it was ready: ${output}`)),
    );
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const url = /https?:\/\/[\w.]+:\d+/.exec(output)?.[0];
      if (url === undefined || child.pid === undefined) return;
      child.removeAllListeners("exit");
      resolve({
        url: url.replace("localhost", "127.0.0.1"),
        pid: child.pid,
        startMs: performance.now() - started,
        [Symbol.asyncDispose]: () => end(child, folders),
      });
    });
  });
}

async function end(child: ChildProcess, folders: readonly string[]): Promise<void> {
  if (child.exitCode === null) {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await exited;
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Wall milliseconds of one run of a program from spawn to exit. */
export function timeProcess(program: string, args: readonly string[]): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "ignore" });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve(performance.now() - started) : reject(new Error(`${program} ended with ${code}`)),
    );
  });
}

/** Proportional set size of one process in MiB, from the kernel. */
export function proportionalSetSizeMb(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN) / 1024;
}

/** Resident set size of one process in MiB. */
export function residentSetSizeMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
}

/** User and system CPU milliseconds that a process has used so far. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** All descendants of a process. */
export function descendants(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}
