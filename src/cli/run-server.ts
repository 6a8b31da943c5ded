/**
 * Runs a server inside this process, or beside it where isolation asks for that: started from the composition root, ended
 * in bounded time, with a temporary data folder where nothing is to be kept.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "../base/index.ts";
import type { Progress, RunningServer, ServerConfig } from "../server.ts";
import { SHUTDOWN_WAIT_MS } from "./limits.ts";
import { serverInUserNamespace } from "./user-namespace.ts";

export interface LocalServer extends AsyncDisposable {
  readonly running: RunningServer;
  readonly dataFolder: string;
}

export interface RunOptions {
  /** A fresh data folder that goes with the server. */
  readonly temporary: boolean;
  /** Hears what the server fetches. */
  readonly progress?: Progress | undefined;
}

/** Throws a UserError when the port is taken. */
export async function runServer(config: ServerConfig, options: RunOptions): Promise<LocalServer> {
  const namespaced = await serverInUserNamespace(config, options);
  if (namespaced !== undefined) {
    return { ...namespaced, [Symbol.asyncDispose]: () => namespaced.running[Symbol.asyncDispose]() };
  }
  const dataFolder = options.temporary ? await mkdtemp(join(tmpdir(), "lambent-")) : config.dataFolder;
  const removeFolder = async (): Promise<void> => {
    if (options.temporary) await rm(dataFolder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const { startServer } = await import("../server.ts");
    const running = await startServer(
      { ...config, dataFolder },
      options.progress === undefined ? {} : { progress: options.progress },
    );
    return {
      running,
      dataFolder,
      async [Symbol.asyncDispose]() {
        await endInTime(running);
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw asPortError(error, config);
  }
}

/** Resolves at the first Ctrl-C or SIGTERM. The listening server holds the process open meanwhile. */
export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    signal.addEventListener("abort", () => resolve());
  });
}

async function endInTime(running: RunningServer): Promise<void> {
  const deadline = new AbortController();
  const late = wait(SHUTDOWN_WAIT_MS, "late", { signal: deadline.signal, ref: true }).catch(() => "in time");
  const ended = running[Symbol.asyncDispose]().then(() => "in time");
  const outcome = await Promise.race([ended, late]);
  deadline.abort();
  if (outcome === "late") {
    throw new UserError("slow-shutdown", `The server did not end within ${SHUTDOWN_WAIT_MS / 1000} seconds.`, {
      nextStep: "what it left behind is removed at the next start",
    });
  }
}

function asPortError(error: unknown, config: ServerConfig): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "EADDRINUSE") {
    return new UserError("port-taken", `Port ${config.port} on ${config.host} is in use.`, {
      nextStep: "use another with --port, or see with `lambent status` whether Lambent is running already",
      cause: error,
    });
  }
  if (error.code === "EACCES") {
    return new UserError("port-forbidden", `This user may not listen on port ${config.port}.`, {
      nextStep: "use a port above 1023 with --port",
      cause: error,
    });
  }
  return error;
}
