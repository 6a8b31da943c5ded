/**
 * Late starts. A waiting process that must become another program (a custom runtime, or an interpreter whose environment
 * counts from its first instruction) is a small POSIX shell that waits for one line on file descriptor 3: assignments
 * and an exec, quoted so that any value passes unchanged. Knows shells, not Lambda.
 */
import type { Launch } from "./runtime.ts";

/** Holds a newline while the line is evaluated; the line itself must not contain one. */
const NEWLINE_NAME = "_LAMBENT_NEWLINE";

/**
 * `head` and not `read`: shells read a socket byte by byte. A channel that closes first ends the stage. What `eval` does
 * not replace by exec has failed to start.
 */
const STAGE = `${NEWLINE_NAME}='\n'\neval "$(head -n 1 <&3)"\nexit 126`;
/** In place of the program `head`: slower, and a shell alone can do it. */
const HEAD = `head() { IFS= read -r _LAMBENT_LINE; printf '%s\\n' "$_LAMBENT_LINE"; }\n`;

/** The waiting shell's script, with a `head` of its own where there is none. */
export function shellStage({ hasHead }: { readonly hasHead: boolean }): string {
  return hasHead ? STAGE : HEAD + STAGE;
}

/** The waiting stage. It needs /bin/sh and head, nothing else. */
export function shellLaunch(mounts: Launch["mounts"] = []): Launch {
  return {
    args: ["/bin/sh", "-c", shellStage({ hasHead: true })],
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    mounts,
  };
}

/**
 * The line that makes the stage become `args` with `variables` added to its environment. File descriptor 3 stays open
 * unless `closeChannel`. Names that are not shell identifiers cannot be set by a shell and are left out, as are values
 * with NUL, which no environment can hold.
 */
export function execLine(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  options: { readonly closeChannel?: boolean } = {},
): string {
  // The arguments may need the helper variable, and the program must not see it.
  const command = `set -- ${args.map(quote).join(" ")}; unset ${NEWLINE_NAME}; exec "$@"`;
  return `${assignments(variables)}${command}${options.closeChannel === true ? " 3<&-" : ""}\n`;
}

/** `unset HOME; export NAME='value'; …`; every statement ends with a semicolon and a space. */
export function assignments(variables: Readonly<Record<string, string>>): string {
  // The sandbox sets HOME; functions on AWS have none.
  let text = "unset HOME; ";
  for (const [name, value] of Object.entries(variables)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !value.includes("\0")) text += `export ${name}=${quote(value)}; `;
  }
  return text;
}

/** One word for the stage's shell, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''").replaceAll("\n", `'"$${NEWLINE_NAME}"'`)}'`;
}

/** The statement that forgets the helper variable, for lines that are not made by execLine. */
export const FORGET_HELPERS: string = `unset ${NEWLINE_NAME} OLDPWD PWD SHLVL; `;
