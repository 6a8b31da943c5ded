/** Help, made from the table of commands: all of them in one screen, or one with its options and examples. */
import { type Command, globalOptions, type Option } from "./command.ts";

const WIDTH_MIN = 60;
const WIDTH_MAX = 120;
/** The left column takes no more than this; longer names get a line of their own. */
const LEFT_MAX = 34;

export function overview(commands: readonly Command[], columns: number): string {
  const rows = commands.map((command) => [usageOf(command), command.summary] as const);
  return [
    "lambent <command>",
    "",
    "AWS Lambda, self-hosted: the same API, execution environment and failure behaviour.",
    "",
    "Commands:",
    ...columnsOf(rows, columns),
    "",
    "Options:",
    ...columnsOf(optionRows(globalOptions), columns),
    "",
    "First steps:",
    ...columnsOf(
      [
        ["lambent up", "start the server"],
        ["lambent deploy FOLDER", "in another terminal: a folder becomes a function"],
        ["lambent invoke NAME '{}'", "run it"],
      ],
      columns,
    ),
    "",
    "lambent <command> --help shows a command's options and examples.",
  ].join("\n");
}

export function helpOf(command: Command, columns: number): string {
  const { positionals, options, examples } = command;
  const section = (title: string, rows: readonly (readonly [string, string])[]): readonly string[] =>
    rows.length === 0 ? [] : ["", title, ...columnsOf(rows, columns)];
  return [
    `lambent ${usageOf(command, Object.keys(options).length > 0)}`,
    "",
    `${command.summary}.`,
    ...section(
      "Arguments:",
      positionals.map(({ name, description }) => [name, description]),
    ),
    ...section("Options:", optionRows({ ...options, ...globalOptions })),
    ...section(
      "Examples:",
      examples.map(({ line, meaning }) => [line, meaning]),
    ),
  ].join("\n");
}

function usageOf({ name, positionals, takesCommand }: Command, withOptions = false): string {
  const words = positionals.map((positional) =>
    positional.required ? `<${positional.name}>` : `[${positional.name}]`,
  );
  const options = withOptions ? ["[options]"] : [];
  return [name, ...words, ...options, ...(takesCommand === true ? ["-- <command>"] : [])].join(" ");
}

function optionRows(options: Readonly<Record<string, Option>>): readonly (readonly [string, string])[] {
  return Object.entries(options).map(([name, { alias, value, description }]) => {
    const short = alias === undefined ? "    " : `-${alias}, `;
    return [`${short}--${name}${value === undefined ? "" : ` ${value}`}`, description];
  });
}

function columnsOf(rows: readonly (readonly [string, string])[], columns: number): readonly string[] {
  const width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, columns));
  const left = Math.min(LEFT_MAX, Math.max(...rows.map(([name]) => name.length)));
  return rows.flatMap(([name, text]) => {
    const lines = wrapped(text, width - left - 4);
    const first = name.length > left ? [`  ${name}`] : [];
    return [
      ...first,
      ...lines.map((line, index) => `  ${(index === 0 && first.length === 0 ? name : "").padEnd(left)}  ${line}`),
    ];
  });
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
