/** `lambent completion SHELL`: a completion script made from the table of commands. */
import { UserError } from "../../base/index.ts";
import { type Command, type CommandContext, globalOptions } from "../command.ts";
import { commands } from "../commands.ts";

export async function run({ args, terminal }: CommandContext): Promise<number> {
  const shell = args.required("shell");
  const script = scripts[shell];
  if (script === undefined) {
    throw new UserError("unknown-shell", `There is no completion for "${shell}".`, {
      nextStep: `use ${Object.keys(scripts).join(", ")}`,
    });
  }
  terminal.print(script());
  return 0;
}

const scripts: Readonly<Record<string, () => string>> = { bash, zsh, fish };

function bash(): string {
  const cases = commands.map(
    ({ name, ...command }) => `      ${name}) words="${optionNames({ name, ...command }).join(" ")}" ;;`,
  );
  return `_lambent() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(" ")}"
  elif [[ "$current" == -* ]]; then
    case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    esac
  else
    COMPREPLY=($(compgen -f -- "$current"))
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _lambent lambent
`;
}

function zsh(): string {
  const names = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map((command) => {
    const options = Object.entries({ ...command.options, ...globalOptions }).map(
      ([name, option]) => `      ${quoted(`--${name}[${option.description.replace(/[[\]:]/g, " ")}]`)}`,
    );
    return `    ${command.name}) _arguments \\\n${options.join(" \\\n")} \\\n      '*:file:_files' ;;`;
  });
  return `#compdef lambent
_lambent() {
  local -a commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local chosen=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $chosen in
${cases.join("\n")}
  esac
}
compdef _lambent lambent
`;
}

function fish(): string {
  const lines = commands.flatMap((command) => [
    `complete -c lambent -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.summary)}`,
    ...Object.entries({ ...command.options, ...globalOptions }).map(([name, { alias, type, description }]) => {
      const short = alias === undefined ? "" : ` -s ${alias}`;
      const value = type === "boolean" ? "" : " -r";
      return `complete -c lambent -n '__fish_seen_subcommand_from ${command.name}' -l ${name}${short}${value} -d ${quoted(description)}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}

function optionNames(command: Command): readonly string[] {
  return Object.keys({ ...command.options, ...globalOptions }).map((name) => `--${name}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
