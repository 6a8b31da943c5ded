/**
 * Starting a custom runtime: the file `bootstrap` of the function or, failing that, of a layer. When there is none that
 * can run, the stage says so on the channel in one line of JSON and exits, for only it can see into the sandbox.
 */
import { assignments, FORGET_HELPERS } from "../stage.ts";

/** What the service reports, as the error type and the text after `RequestId: … Error: `. */
export interface EntrypointFailure {
  readonly errorType: "Runtime.InvalidEntrypoint" | "Runtime.InvalidWorkingDir";
  readonly message: string;
}

const BOOTSTRAPS: readonly string[] = ["/var/task/bootstrap", "/opt/bootstrap"];
const FAILURE_BYTES_MAX = 1024;

/**
 * The line for `shellLaunch`'s stage. `pathInside` maps Lambda's paths to those that are true in the sandbox. File
 * descriptor 3 is closed in the program that starts.
 */
export function encodeStart(
  variables: Readonly<Record<string, string>>,
  pathInside: (path: string) => string = (path) => path,
): string {
  const tries = BOOTSTRAPS.map((path) => {
    const file = shellWord(pathInside(path));
    const denied = failure(`fork/exec ${path}: permission denied`);
    return `if [ -f ${file} ]; then [ -x ${file} ] || { ${denied} }; exec ${file} 3<&-; fi; `;
  });
  const missing = failure(`Couldn't find valid bootstrap(s): [${BOOTSTRAPS.join(" ")}]`);
  return `${assignments(variables)}${FORGET_HELPERS}${tries.join("")}${missing}\n`;
}

/** Reads what the stage said before it exited; undefined when it said nothing of the kind. */
export function readEntrypointFailure(said: Uint8Array): EntrypointFailure | undefined {
  if (said.length === 0 || said.length > FAILURE_BYTES_MAX) return undefined;
  const [, errorType, message] = BOOTSTRAP_FAILURE.exec(Buffer.from(said).toString("utf8")) ?? [];
  if (message === undefined) return undefined;
  return {
    errorType: errorType === "InvalidWorkingDir" ? "Runtime.InvalidWorkingDir" : "Runtime.InvalidEntrypoint",
    message,
  };
}

const BOOTSTRAP_FAILURE = /^Runtime\.(InvalidEntrypoint|InvalidWorkingDir) (.+)\n$/;

function failure(message: string): string {
  return `printf '%s\\n' ${shellWord(`Runtime.InvalidEntrypoint ${message}`)} >&3; exit 126;`;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
