/**
 * From words to a command and its arguments, by yargs, built from the table of commands. Knows no command's meaning.
 */
import yargs, { type Argv } from "yargs";
import { UserError } from "../base/index.ts";
import { Arguments, type Command, type Option } from "./command.ts";

/** `help`: text for standard output. `run`: a command was chosen. */
export type Parsed =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "run"; readonly command: Command; readonly args: Arguments };

/** Throws a UserError for what does not parse, with the nearest command as a suggestion. */
export async function parse(words: readonly string[], commands: readonly Command[], version: string): Promise<Parsed> {
  const separator = words.indexOf("--");
  // yargs loses a positional that is a lone dash; @- means the same.
  const own = (separator < 0 ? words : words.slice(0, separator)).map((word) => (word === "-" ? "@-" : word));
  const rest = separator < 0 ? [] : words.slice(separator + 1);
  let chosen: { command: Command; values: Record<string, unknown> } | undefined;
  let help = "";

  const parser = yargs()
    .scriptName("lambent")
    .usage("$0 <command>\n\nAWS Lambda, self-hosted.")
    .locale("en")
    .parserConfiguration({ "parse-positional-numbers": false, "camel-case-expansion": false })
    .option("json", { type: "boolean", global: true, describe: "Print JSON on standard output" })
    .help("help", "Show help")
    .alias("help", "h")
    .version("version", "Show the version", version)
    .strict()
    .recommendCommands()
    .demandCommand(1, "")
    .epilogue("lambent <command> --help shows options and examples. Guide: README.md")
    .exitProcess(false)
    .wrap(Math.min(120, process.stdout.columns ?? 100));
  for (const command of commands) {
    parser.command({
      command: [
        command.name,
        ...command.positionals.map(({ name, required }) => (required ? `<${name}>` : `[${name}]`)),
      ].join(" "),
      describe: command.summary,
      builder: (sub: Argv) => declare(sub, command),
      handler: (values) => {
        chosen = { command, values };
      },
    });
  }
  // The first complaint is the one that helps: later ones follow from it.
  let complaint: string | undefined;
  parser.fail((message: string | null, error: Error | undefined) => {
    complaint ??= message ?? error?.message ?? "";
  });
  await parser.parse(own, {}, (_error: Error | undefined, _values: unknown, output: string) => {
    help = output;
  });
  if (complaint !== undefined) throw usageError(complaint, own, commands);
  if (chosen === undefined) return { kind: "help", text: help };
  return { kind: "run", command: chosen.command, args: new Arguments(chosen.values, rest) };
}

function declare(parser: Argv, command: Command): Argv {
  let usage = `$0 ${command.name}`;
  for (const { name, required } of command.positionals) usage += required ? ` <${name}>` : ` [${name}]`;
  if (command.takesCommand) usage += " -- <command> [arguments]";
  parser.usage(`${usage}\n\n${command.summary}`);
  for (const { name, description } of command.positionals)
    parser.positional(name, { type: "string", describe: description });
  for (const [name, option] of Object.entries(command.options)) parser.option(name, declaration(option));
  for (const { line, meaning } of command.examples) parser.example(line, meaning);
  return parser;
}

function declaration(option: Option) {
  const { type, description, alias, choices } = option;
  return {
    describe: description,
    ...(type === "list"
      ? { type: "string" as const, array: true, nargs: 1 }
      : { type, requiresArg: type !== "boolean" }),
    ...(alias === undefined ? {} : { alias }),
    ...(choices === undefined ? {} : { choices }),
  };
}

function usageError(message: string, words: readonly string[], commands: readonly Command[]): UserError {
  const [word = ""] = words;
  const known = commands.some(({ name }) => name === word);
  const nextStep = known ? `lambent ${word} --help` : "lambent --help";
  const plain = message.replace(/\s*\n\s*/g, " ").replace(/[.?]?$/, "");
  if (plain.startsWith("Not enough")) return new UserError("usage", `${word} needs more arguments.`, { nextStep });
  if (known) return new UserError("usage", `${plain}.`, { nextStep });
  if (word.startsWith("-"))
    return new UserError("usage", `There is no option "${word}" without a command.`, { nextStep });
  const suggestion = plain.startsWith("Did you mean") ? ` ${plain}?` : "";
  return new UserError("usage", `There is no command "${word}".${suggestion}`, { nextStep });
}
