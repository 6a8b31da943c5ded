/** Servers under test and bare interpreters, as child processes that end with the bench. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
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

let isolation: string | undefined;

/** How the last server of `startLambent` contained functions, in its own words; undefined before the first. */
export function isolationUsed(): string | undefined {
  return isolation;
}

/** Lambent with a fresh data folder on a free port. */
export async function startLambent(extra: readonly string[] = []): Promise<RunningProcess> {
  const data = mkdtempSync(join(tmpdir(), "lambent-bench-"));
  const server = await start(
    [process.execPath, join(REPOSITORY, "bin/lambent.js"), "up", "--port", "0", "--data", data, ...extra],
    [data],
  );
  if (isolation === undefined) {
    const status = await (await fetch(`${server.url}/_lambent/status`)).text();
    isolation = /"summary":"([^"]*)"/.exec(status)?.[1] ?? "unknown";
  }
  return server;
}

/** Ends by a signal must not leave servers behind: none of them hears of it otherwise. */
const running = new Set<ChildProcess>();
process.once("SIGTERM", () => {
  for (const child of running) child.kill("SIGTERM");
  process.exit(143);
});

function start(command: readonly string[], folders: readonly string[]): Promise<RunningProcess> {
  const started = performance.now();
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: undefined },
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return new Promise((resolve, reject) => {
    let output = "";
    child.on("error", reject);
    const endedEarly = (code: number | null): void =>
      reject(new Error(`${args.join(" ")} ended with ${code} before it was ready: ${output}`));
    child.on("exit", endedEarly);
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const url = /https?:\/\/[\w.]+:\d+/.exec(output)?.[0];
      if (url === undefined || child.pid === undefined) return;
      child.off("exit", endedEarly);
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

/** Proportional set size of one process in MiB, from the kernel; 0 of one that has ended or runs in another's memory. */
export function proportionalSetSizeMb(pid: number): number {
  if (isInTemplate(pid)) return 0;
  const rollup = unlessGone(() => readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  return rollup === undefined ? 0 : Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN) / 1024;
}

/** True of a pid namespace's first process that has no memory but its template's, and some kilobytes there. */
function isInTemplate(pid: number): boolean {
  const line = unlessGone(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "";
  const status = unlessGone(() => readFileSync(`/proc/${pid}/status`, "utf8")) ?? "";
  return line.endsWith("\0template\0") && /^NSpid:.*\t1$/m.test(status);
}

/** Resident set size of one process in MiB. */
export function residentSetSizeMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
}

/** CPU milliseconds of all threads of a process so far, to the microsecond; 0 when it has ended. */
export function preciseCpuMs(pid: number): number {
  const ofThread = (thread: string): number =>
    unlessGone(() => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6) ?? 0;
  const threads = unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.reduce((sum, thread) => sum + ofThread(thread), 0);
}

/** All descendants of a process; none of one that has ended. */
export function descendants(pid: number): readonly number[] {
  const children = unlessGone(() => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"))?.trim() ?? "";
  return children
    .split(" ")
    .filter(Boolean)
    .map(Number)
    .flatMap((child) => [child, ...descendants(child)]);
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
      return undefined;
    throw error;
  }
}
