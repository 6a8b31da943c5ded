/** Python runtimes: Lambent's bootstrap under the interpreter that this machine has. */
import type { InterpreterFinder } from "../interpreters/finder.ts";
import {
  AHEAD_ENV,
  BOOTSTRAP_FOLDER,
  countsFromTheStart,
  needsFresh,
  SHELL_VARIABLES,
  versionOf,
  wrapped,
} from "../late-start.ts";
import type { Interpreter, Launch, Runtime } from "../runtime.ts";
import type { SdkStore } from "../sdk/store.ts";
import { shellLaunch } from "../stage.ts";

export const PYTHON_MINORS: readonly number[] = [15, 14, 13, 12, 11, 10, 9, 8];

/** The bootstrap applies these itself, so that a process made ahead will do. */
const APPLIED_LATE: ReadonlySet<string> = new Set([
  "PYTHONPATH",
  "PYTHONUNBUFFERED",
  "PYTHONDONTWRITEBYTECODE",
  "PYTHONUTF8",
]);

export function createPythonRuntime(minor: number, finder: InterpreterFinder, sdk: SdkStore): Runtime {
  const name = `python3.${minor}`;
  const mounts = (interpreter: Interpreter): Launch["mounts"] => [...interpreter.mounts, sdk.pythonMount(interpreter)];
  return {
    name,
    family: "python",
    channel: "framed",
    executionEnv: `AWS_Lambda_${name}`,
    runtimeVersion: (interpreter) => `python:3.${minor}.v${interpreter.version.split(".")[2] ?? "0"}`,
    findInterpreter: ({ strict }) => finder.python(minor, strict),
    launch: (interpreter) => ({
      args: pythonArgs(interpreter),
      templateArgs: [...pythonArgs(interpreter), "template"],
      env: AHEAD_ENV,
      mounts: mounts(interpreter),
    }),
    needsFreshProcess: (variables) =>
      needsFresh(
        variables,
        (variable) => countsFromTheStart(variable) || (variable.startsWith("PYTHON") && !APPLIED_LATE.has(variable)),
      ),
    lateLaunch: (interpreter) => shellLaunch(mounts(interpreter)),
    lateArgs: (interpreter, { variables }) => wrapped(pythonArgs(interpreter), variables),
    variables: () => SHELL_VARIABLES,
    prepareSdk: async () => sdk.preparePython(await finder.python(minor, false)),
  };
}

/** Unbuffered output as AWS gives it, and UTF-8 whatever locales the host has. */
function pythonArgs(interpreter: Interpreter): readonly string[] {
  const [major, minor] = versionOf(interpreter);
  const isMounted = interpreter.mounts.some(({ target }) => target === "/var/lang");
  const program = isMounted ? `/var/lang/bin/python${major}.${minor}` : interpreter.program;
  return [program, "-u", "-X", "utf8", `${BOOTSTRAP_FOLDER}/bootstrap.py`];
}
