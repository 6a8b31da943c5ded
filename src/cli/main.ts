/**
 * The command line's entry: words in, exit code out. Every command is imported when it runs, so that the others cost
 * nothing. Knows the table of commands and how errors are shown.
 */
import { readFileSync } from "node:fs";
import type { Arguments } from "./command.ts";
import { commands } from "./commands.ts";
import { type Failure, failureOf } from "./failure.ts";
import { SHUTDOWN_WAIT_MS } from "./limits.ts";
import { parse } from "./parse.ts";
import { type Terminal, terminalOf } from "./terminal.ts";

const COLUMNS_DEFAULT = 100;
/** What shells and tools expect for a command line that makes no sense. */
const USAGE_EXIT_CODE = 2;
const INTERRUPTED_EXIT_CODE = 130;
const SAME_SIGNAL_MS = 1_000;
/** The server's own wait, and a little for what comes after it. */
const END_WAIT_MS: number = SHUTDOWN_WAIT_MS + 2_000;

const ended = new AbortController();
outliveReaders();
process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  let terminal = terminalOf({ json: words.includes("--json") });
  let args: Arguments | undefined;
  try {
    const parsed = parse(words, commands);
    if (parsed.kind === "version") {
      terminal.print(version());
      return 0;
    }
    if (parsed.kind === "help") {
      const { helpOf, overview } = await import("./help.ts");
      const columns = process.stdout.columns ?? COLUMNS_DEFAULT;
      terminal.print(parsed.command === undefined ? overview(commands, columns) : helpOf(parsed.command, columns));
      return 0;
    }
    args = parsed.args;
    terminal = terminalOf({ json: args.flag("json") });
    const { run } = await parsed.command.load();
    return await run({ args, terminal, env: process.env, signal: interruption(ended) });
  } catch (error) {
    const failure = failureOf(error, endpoint(args));
    showFailure(failure, terminal);
    return failure.code === "usage" ? USAGE_EXIT_CODE : failure.exitCode;
  }
}

/**
 * Aborts at the first Ctrl-C or SIGTERM. A later one ends the process at once; one that follows immediately is the same
 * key press, passed on by npm or another wrapper that the terminal told as well. Whatever still runs when the time for a
 * clean end is over is ended, too.
 */
function interruption(controller: AbortController): AbortSignal {
  let abortedAt = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!controller.signal.aborted) {
        abortedAt = performance.now();
        setTimeout(() => process.exit(INTERRUPTED_EXIT_CODE), END_WAIT_MS).unref();
        controller.abort(new Error(`ended by ${signal}`));
      } else if (performance.now() - abortedAt > SAME_SIGNAL_MS) process.exit(INTERRUPTED_EXIT_CODE);
    });
  }
  return controller.signal;
}

/**
 * A reader that goes (`| head`) ends a command that waits as Ctrl-C does: nothing is left to say. A server that loses its
 * standard error goes on.
 */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => {
      if (!("code" in error) || error.code !== "EPIPE") throw error;
      if (stream === process.stdout && !ended.signal.aborted)
        ended.abort(new Error("nobody reads the output any more"));
    });
  }
}

function showFailure(failure: Failure, terminal: Terminal): void {
  if (terminal.json) terminal.data({ error: failure.code, message: failure.message, nextStep: failure.nextStep });
  terminal.note(`lambent: ${failure.message}${failure.nextStep === undefined ? "" : `\n  Next: ${failure.nextStep}`}`);
}

function endpoint(args: Arguments | undefined): string {
  const { LAMBENT_ENDPOINT, AWS_ENDPOINT_URL } = process.env;
  return args?.text("endpoint") ?? LAMBENT_ENDPOINT ?? AWS_ENDPOINT_URL ?? "http://localhost:4566";
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}
