/**
 * An ordinary user's server is isolated inside a user namespace, which only a new process can enter. `up` becomes that
 * process; commands that go on working beside their server (`exec` runs the user's own program, who must stay who he is)
 * start it as a child and speak to it by the line that `up --json` prints.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { UserError } from "../base/index.ts";
import type { RunningServer, ServerConfig } from "../server.ts";
import { SERVER_START_MS, SHUTDOWN_WAIT_MS } from "./limits.ts";

const LAMBENT = join(import.meta.dirname, "../../bin/lambent.js");

/** Starts this very command again inside a user namespace, in place of this process; returns where that is not called for. */
export async function enterUserNamespace(config: ServerConfig): Promise<void> {
  const [program, ...words] = await wordsInFront(config);
  if (program === undefined || process.execve === undefined) return;
  process.execve(program, [program, ...words, process.execPath, LAMBENT, ...process.argv.slice(2)]);
}

export interface NamespacedServer {
  readonly running: RunningServer;
  readonly dataFolder: string;
}

/** A server as a child in a user namespace; undefined where that is not called for. */
export async function serverInUserNamespace(
  config: ServerConfig,
  options: { readonly temporary: boolean },
): Promise<NamespacedServer | undefined> {
  const [program, ...words] = await wordsInFront(config);
  if (program === undefined) return undefined;
  const args = [...words, process.execPath, LAMBENT, "up", "--json", ...flags(config, options.temporary)];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const { dataFolder, ...facts } = await firstLine(child);
    return { running: { ...facts, [Symbol.asyncDispose]: () => end(child) }, dataFolder };
  } catch (error) {
    await end(child);
    throw error;
  }
}

/** Empty where the server is to run as it is. Root never waits for the sandbox room here. */
async function wordsInFront(config: ServerConfig): Promise<readonly string[]> {
  if (process.getuid?.() === 0) return [];
  const { userNamespaceCommand } = await import("../isolation.ts");
  return userNamespaceCommand(config.driver) ?? [];
}

type Facts = Pick<RunningServer, "port" | "url" | "isolation" | "auth" | "readyMs"> & { readonly dataFolder: string };

function firstLine(child: ChildProcess): Promise<Facts> {
  const { promise, resolve, reject } = Promise.withResolvers<Facts>();
  const failed = (): void =>
    reject(
      new UserError("server-not-started", "The server in a user namespace did not start.", {
        nextStep: "see above, or run `lambent doctor`; --driver process goes without isolation",
      }),
    );
  const timer = setTimeout(failed, SERVER_START_MS);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    // Our own program's line, parsed as it was written; it ends with a new line.
    if (text.endsWith("}\n")) resolve(JSON.parse(text));
  });
  child.once("error", failed);
  child.once("exit", failed);
  return promise.finally(() => clearTimeout(timer));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 2 * SHUTDOWN_WAIT_MS);
  await ended;
  clearTimeout(timer);
}

function flags(config: ServerConfig, temporary: boolean): readonly string[] {
  return [
    ...["--port", String(config.port), "--host", config.host, "--driver", config.driver],
    ...["--auth", config.auth],
    ...["--log-level", config.logLevel, "--account-concurrency", String(config.accountConcurrency)],
    ...Object.entries(config.quotas).flatMap(([name, value]) => ["--quota", `${name}=${value}`]),
    ...config.exposePorts.flatMap((port) => ["--expose", String(port)]),
    ...Object.entries(config.serviceEndpoints).flatMap(([name, url]) => ["--service-endpoint", `${name}=${url}`]),
    ...[...config.fileSystems].flatMap(([arn, folder]) => ["--file-system", `${arn}=${folder}`]),
    ...config.imageFolders.flatMap((folder) => ["--image-folder", folder]),
    ...config.imageRegistries.flatMap((host) => ["--image-registry", host]),
    ...(config.strictRuntimes ? ["--strict-runtimes"] : []),
    ...(config.spares ? [] : ["--no-spares"]),
    ...(config.allowUnauthenticated ? ["--allow-unauthenticated"] : []),
    ...(temporary ? ["--ephemeral"] : ["--data", config.dataFolder]),
  ];
}
