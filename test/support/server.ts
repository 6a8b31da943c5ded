/** A real Lambent in a process of its own, on a free port with a fresh data folder, for journeys of unmodified clients. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY: string = join(import.meta.dirname, "..", "..");

export interface ServerOptions {
  /** Keep this folder: the caller removes it. Default: a temporary folder that goes with the server. */
  readonly dataFolder?: string;
  readonly args?: readonly string[];
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many files it may open; by default as many as this process. */
  readonly openFiles?: number;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly dataFolder: string;
  /** What the server has written to stdout and stderr so far. */
  output(): string;
  /** `kill -9`; resolves when the process is gone. The data folder stays. */
  crash(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), "lambent-test-")));
  const args = [join(REPOSITORY, "bin/lambent.js"), "up", "--port", "0", "--data", dataFolder, ...(options.args ?? [])];
  const env = { ...process.env, ...options.env };
  const limited = ["-c", `ulimit -n ${options.openFiles}; exec "$@"`, "limited", process.execPath, ...args];
  const [program, programArgs] = options.openFiles === undefined ? [process.execPath, args] : ["/bin/sh", limited];
  const child = spawn(program, programArgs, { stdio: ["ignore", "pipe", "pipe"], env });
  if (process.env["LAMBENT_TEST_LOG"] === "1") child.stderr.pipe(process.stderr);
  let output = "";
  const gather = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on("data", gather);
  child.stderr.on("data", gather);
  const url = await readyUrl(child, () => output);
  const pid = child.pid ?? 0;
  const stop = (signal: NodeJS.Signals): Promise<number | null> => end(child, signal);
  return {
    url,
    pid,
    dataFolder,
    output: () => output,
    crash: async () => {
      await stop("SIGKILL");
    },
    stop: () => stop("SIGTERM"),
    [Symbol.asyncDispose]: async () => {
      await stop("SIGTERM");
      if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const url = /http:\/\/localhost:\d+/.exec(output())?.[0];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on("data", look);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code} before it was ready:\n${output()}`)));
  });
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.kill(signal);
  });
}

/** What every client needs to find the server, as environment variables. */
export function clientEnvironment(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
}
