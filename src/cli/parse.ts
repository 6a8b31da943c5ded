/**
 * From words to a command and its arguments, by Node's own parser (it costs nothing at start), with everything it needs to
 * know taken from the table of commands. Knows no command's meaning.
 */
import { parseArgs } from "node:util";
import { UserError } from "../base/index.ts";
import { Arguments, type Command, globalOptions, type Option } from "./command.ts";

/** `help`: of one command, or of all. `run`: a command was chosen. */
export type Parsed =
  | { readonly kind: "help"; readonly command: Command | undefined }
  | { readonly kind: "version" }
  | { readonly kind: "run"; readonly command: Command; readonly args: Arguments };

/** More letters than this to change, and a suggestion is a guess. */
const SUGGESTION_DISTANCE_MAX = 2;

/** Throws a UserError for what does not parse, with the nearest command or option as a suggestion. */
export function parse(words: readonly string[], commands: readonly Command[]): Parsed {
  const separator = words.indexOf("--");
  const own = separator < 0 ? words : words.slice(0, separator);
  const rest = separator < 0 ? [] : words.slice(separator + 1);
  const index = commandIndex(own, commands);
  const name = own[index];
  const command = commands.find((candidate) => candidate.name === name);
  const options = { ...globalOptions, ...command?.options };
  const { values, positionals } = parseWords(own.toSpliced(index, 1), options, command);
  if (command !== undefined) {
    if (values["help"] === true) return { kind: "help", command };
    return { kind: "run", command, args: new Arguments(checked(command, options, values, positionals), rest) };
  }
  if (name !== undefined) {
    const names = commands.map((candidate) => candidate.name);
    throw usage(`There is no command "${name}".${suggestion(name, names)}`, undefined);
  }
  return values["version"] === true ? { kind: "version" } : { kind: "help", command: undefined };
}

/** The first word that is neither an option nor the value of one. */
function commandIndex(words: readonly string[], commands: readonly Command[]): number {
  const all = Object.assign({}, globalOptions, ...commands.map(({ options }) => options));
  const parsed = parseArgs({
    args: [...words],
    options: specification(all),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const found = parsed.tokens.find((token) => token.kind === "positional");
  return found?.index ?? words.length;
}

interface ParsedWords {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

function parseWords(
  words: readonly string[],
  options: Readonly<Record<string, Option>>,
  command: Command | undefined,
): ParsedWords {
  try {
    return parseArgs({ args: [...words], options: specification(options), strict: true, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError && "code" in error)) throw error;
    if (error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      const given = /'(-+[^' ]+)/.exec(error.message)?.[1] ?? "";
      const names = Object.keys(options).map((name) => `--${name}`);
      throw usage(`${command?.name ?? "lambent"} has no option ${given}.${suggestion(given, names)}`, command);
    }
    const named = /--([\w-]+)/.exec(error.message)?.[1] ?? "";
    const value = options[named]?.value;
    throw usage(
      value === undefined ? `--${named} takes no value.` : `--${named} needs a value: --${named} ${value}.`,
      command,
    );
  }
}

function specification(options: Readonly<Record<string, Option>>) {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, alias }]) => {
      const kind = type === "boolean" ? ("boolean" as const) : ("string" as const);
      return [name, { type: kind, multiple: type === "list", ...(alias === undefined ? {} : { short: alias }) }];
    }),
  );
}

/** Numbers made numbers, choices checked, positionals named. */
function checked(
  command: Command,
  options: Readonly<Record<string, Option>>,
  values: Readonly<Record<string, unknown>>,
  positionals: readonly string[],
): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const option = options[name];
    if (option?.choices !== undefined && !option.choices.includes(String(value))) {
      throw usage(`--${name} got "${String(value)}"; it is one of ${option.choices.join(", ")}.`, command);
    }
    result[name] = option?.type === "number" ? numberIn(name, String(value), command) : value;
  }
  for (const [index, { name, required }] of command.positionals.entries()) {
    if (positionals[index] !== undefined) result[name] = positionals[index];
    else if (required) throw usage(`${command.name} needs ${/^[aeiou]/.test(name) ? "an" : "a"} ${name}.`, command);
  }
  const extra = positionals[command.positionals.length];
  if (extra === undefined) return result;
  const hint = command.takesCommand === true ? " Write the command after --." : "";
  throw usage(`${command.name} does not know what to do with "${extra}".${hint}`, command);
}

function numberIn(name: string, text: string, command: Command): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  throw usage(`--${name} needs a number and got "${text}".`, command);
}

function usage(message: string, command: Command | undefined): UserError {
  return new UserError("usage", message, {
    nextStep: `lambent ${command === undefined ? "" : `${command.name} `}--help`,
  });
}

function suggestion(given: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, distance: distance(given, name) }))
    .filter((candidate) => candidate.distance <= SUGGESTION_DISTANCE_MAX)
    .sort((a, b) => a.distance - b.distance)[0];
  return near === undefined ? "" : ` Did you mean ${near.name}?`;
}

/** Letters to insert, delete or replace to get from one word to the other. */
function distance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
