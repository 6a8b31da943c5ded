/**
 * The line by which the stage of an image becomes its entry point: working directory, search along PATH and the refusals as
 * Go's os/exec words them, since that is what starts programs on the service. Knows shells and AWS's words, no images.
 */
import { assignments, FORGET_HELPERS, quote } from "../stage.ts";

/** What runs in an image. */
export interface ImageEntry {
  /** Program and arguments; the first is searched along PATH unless it has a slash. */
  readonly args: readonly string[];
  readonly workingDirectory: string;
}

/** File descriptor 3 is closed in the program that starts. */
export function encodeEntry(
  { args, workingDirectory }: ImageEntry,
  variables: Readonly<Record<string, string>>,
): string {
  const [program = ""] = args;
  const directory = quote(workingDirectory);
  return [
    assignments(variables),
    `set -- ${args.map(quote).join(" ")}; `,
    `cd ${directory} 2>/dev/null || { ${refusal("Runtime.InvalidWorkingDir", `chdir ${workingDirectory}: no such file or directory`)} }; `,
    FORGET_HELPERS,
    program.includes("/") ? requireFile(program) : search(program),
    'exec "$@" 3<&-\n',
  ].join("");
}

function requireFile(program: string): string {
  const missing = refusal("Runtime.InvalidEntrypoint", `fork/exec ${program}: no such file or directory`);
  const denied = refusal("Runtime.InvalidEntrypoint", `fork/exec ${program}: permission denied`);
  return `[ -e "$1" ] || { ${missing} }; [ -f "$1" ] && [ -x "$1" ] || { ${denied} }; `;
}

/** A shell would also take a builtin of its own of that name. */
function search(program: string): string {
  const missing = refusal("Runtime.InvalidEntrypoint", `exec: "${program}": executable file not found in $PATH`);
  return [
    "set -f; IFS=:; for _LAMBENT_FOLDER in $PATH; do ",
    '[ -f "$_LAMBENT_FOLDER/$1" ] && [ -x "$_LAMBENT_FOLDER/$1" ] && break; _LAMBENT_FOLDER=; done; unset IFS; set +f; ',
    `[ -n "$_LAMBENT_FOLDER" ] || { ${missing} }; unset _LAMBENT_FOLDER; `,
  ].join("");
}

function refusal(errorType: string, message: string): string {
  return `printf '%s\\n' ${quote(`${errorType} ${message}`)} >&3; exit 126;`;
}
