/** Runs one program to its end and gives back what it printed. For probes and package managers; nothing of a function. */
import { execFile } from "node:child_process";

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A program could not be started, failed, or took too long. `said` is the end of its standard error. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly said: string;

  constructor(message: string, said: string, cause: unknown) {
    super(message, { cause });
    this.said = said;
  }
}

/** Resolves with standard output. Throws CommandError. */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const { timeoutMs, outputBytesMax, env, cwd } = options;
    execFile(
      program,
      [...args],
      {
        timeout: timeoutMs,
        maxBuffer: Math.max(outputBytesMax, 16 * 1024 * 1024),
        env: { ...env },
        killSignal: "SIGKILL",
        encoding: "utf8",
        ...(cwd === undefined ? {} : { cwd }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout.slice(0, outputBytesMax));
        else
          reject(new CommandError(`${program} ${args[0] ?? ""} failed`, stderr.slice(-outputBytesMax).trim(), error));
      },
    );
  });
}
