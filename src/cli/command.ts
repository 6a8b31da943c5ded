/**
 * What a command of the command line is: data that help, argument parsing, suggestions and shell completion are derived
 * from, and a handler that is imported when the command runs. Knows neither yargs nor any command.
 */
import { UserError } from "../base/index.ts";
import type { Terminal } from "./terminal.ts";

export interface Option {
  readonly type: "string" | "number" | "boolean" | "list";
  readonly description: string;
  readonly alias?: string;
  /** Name of the value in the help, for example `PORT`. */
  readonly value?: string;
  readonly choices?: readonly string[];
}

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

/** The parsed command line, read with the type that the command's data declares. */
export class Arguments {
  readonly #values: Readonly<Record<string, unknown>>;
  /** What came after `--`. */
  readonly rest: readonly string[];

  constructor(values: Readonly<Record<string, unknown>>, rest: readonly string[]) {
    this.#values = values;
    this.rest = rest;
  }

  /** A value that must be there: a required positional. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) {
      throw new UserError("missing-argument", `The argument ${name} is missing.`, {
        nextStep: "add --help to see the usage",
      });
    }
    return value;
  }

  text(name: string): string | undefined {
    const value = this.#last(name);
    return typeof value === "string" ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#last(name);
    if (typeof value !== "number") return undefined;
    if (Number.isFinite(value)) return value;
    throw new UserError("not-a-number", `--${name} needs a number.`, { nextStep: "add --help to see the usage" });
  }

  flag(name: string): boolean {
    return this.#last(name) === true;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** An option given twice counts as given last. */
  #last(name: string): unknown {
    const value = this.#values[name];
    return Array.isArray(value) ? value.at(-1) : value;
  }
}
