/**
 * What a command of the command line is: data that help, argument parsing, suggestions and shell completion are derived
 * from, and a handler that is imported when the command runs. Knows no command.
 */
import type { Terminal } from "./terminal.ts";

export interface Option {
  readonly type: "string" | "number" | "boolean" | "list";
  readonly description: string;
  readonly alias?: string;
  /** Name of the value in the help, for example `PORT`. */
  readonly value?: string;
  readonly choices?: readonly string[];
}

/** Options of every command. */
export const globalOptions: Readonly<Record<string, Option>> = {
  json: { type: "boolean", description: "Print JSON on standard output, and nothing else there" },
  help: { type: "boolean", alias: "h", description: "Show help" },
  version: { type: "boolean", description: "Show the version" },
};

export interface Positional {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly Positional[];
  readonly options: Readonly<Record<string, Option>>;
  /** Takes everything after `--` as it is. */
  readonly takesCommand?: boolean;
  readonly examples: readonly { readonly line: string; readonly meaning: string }[];
  load(): Promise<{ readonly run: CommandHandler }>;
}

export interface CommandContext {
  readonly args: Arguments;
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C or SIGTERM: finish, clean up, return. */
  readonly signal: AbortSignal;
}

/** Resolves with the exit code. */
export type CommandHandler = (context: CommandContext) => Promise<number>;

/** The parsed and checked command line, read with the type that the command's data declares. */
export class Arguments {
  readonly #values: Readonly<Record<string, unknown>>;
  /** What came after `--`. */
  readonly rest: readonly string[];

  constructor(values: Readonly<Record<string, unknown>>, rest: readonly string[]) {
    this.#values = values;
    this.rest = rest;
  }

  /** A required positional. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new TypeError(`the table of commands does not require ${name}`);
    return value;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#values[name];
    return typeof value === "number" ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }
}
