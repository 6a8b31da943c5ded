/**
 * `lambent exec -- COMMAND`: a server on a free port with fresh data, the AWS variables set, the command run, its exit
 * code passed on, everything cleaned up. Made for CI.
 */
import { spawn } from "node:child_process";
import { UserError } from "../../base/index.ts";
import type { CommandContext } from "../command.ts";
import { clientVariables, serverConfig } from "../config.ts";
import { runServer } from "../run-server.ts";
import { StepLine } from "../step-line.ts";

/** What a shell answers for a command that does not exist. */
const NOT_FOUND = 127;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

export async function run({ args, terminal, env, signal }: CommandContext): Promise<number> {
  const [program, ...words] = args.rest;
  if (program === undefined) {
    throw new UserError("no-command", "exec needs a command to run.", { nextStep: "lambent exec -- npm test" });
  }
  const config = { ...serverConfig(args, env), port: 0, host: "127.0.0.1" };
  using line = new StepLine(terminal);
  await using server = await runServer(config, { temporary: true, progress: line.hear.bind(line) });
  const variables = { ...env, ...clientVariables(server.running.url, env, server.dataFolder) };
  return await runProgram(program, words, variables, signal, (text) => terminal.note(text));
}

function runProgram(
  program: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: "inherit", env });
    const end = (): void => {
      child.kill("SIGTERM");
    };
    signal.addEventListener("abort", end);
    child.once("error", (error) => {
      signal.removeEventListener("abort", end);
      if (!("code" in error) || error.code !== "ENOENT") {
        reject(error);
        return;
      }
      note(`lambent: There is no command "${program}".\n  Next: check the spelling, or give its path`);
      resolve(NOT_FOUND);
    });
    child.once("exit", (code, endedBy) => {
      signal.removeEventListener("abort", end);
      resolve(code ?? 128 + (SIGNAL_NUMBERS[endedBy ?? ""] ?? 0));
    });
  });
}
