/**
 * The command line's entry: words in, exit code out. Every command is imported when it runs, so that the others cost
 * nothing. Knows the table of commands and how errors are shown.
 */
import { readFileSync } from "node:fs";
import type { Arguments } from "./command.ts";
import { commands } from "./commands.ts";
import { type Failure, failureOf } from "./failure.ts";
import { type Terminal, terminalOf } from "./terminal.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  let terminal = terminalOf({ json: words.includes("--json") });
  if (words.length === 1 && (words[0] === "--version" || words[0] === "-v")) {
    terminal.print(version());
    return 0;
  }
  let args: Arguments | undefined;
  try {
    const { parse } = await import("./parse.ts");
    const parsed = await parse(words.length === 0 ? ["--help"] : words, commands, version());
    if (parsed.kind === "help") {
      terminal.print(parsed.text);
      return 0;
    }
    args = parsed.args;
    terminal = terminalOf({ json: args.flag("json") });
    const { run } = await parsed.command.load();
    return await run({ args, terminal, env: process.env, signal: interruption() });
  } catch (error) {
    const failure = failureOf(error, endpoint(args));
    showFailure(failure, terminal);
    return failure.code === "usage" ? 2 : failure.exitCode;
  }
}

/** Aborts at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error(`ended by ${signal}`));
    });
  }
  return controller.signal;
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
