/** Node.js runtimes: Lambent's bootstrap under the interpreter, with the flags that AWS starts it with. */
import { join } from "node:path";
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

export const NODE_MAJORS: readonly number[] = [26, 24, 22, 20, 18, 16];

const BOOTSTRAP = { source: join(import.meta.dirname, "bootstrap"), target: BOOTSTRAP_FOLDER };
const PROGRAM = "/var/lang/bin/node";
/** Read once, before the bootstrap's first line. */
const START_VARIABLES =
  /^(NODE_(OPTIONS|EXTRA_CA_CERTS|V8_COVERAGE|COMPILE_CACHE|ICU_DATA|DEBUG|DEBUG_NATIVE|NO_WARNINGS|PENDING_DEPRECATION|PENDING_PIPE_INSTANCES|PRESERVE_SYMLINKS|PRESERVE_SYMLINKS_MAIN|REDIRECT_WARNINGS|USE_SYSTEM_CA|USE_ENV_PROXY)|UV_\w+)$/;

export function createNodeRuntime(major: number, finder: InterpreterFinder, sdk: SdkStore): Runtime {
  const name = `nodejs${major}.x`;
  const mounts = (interpreter: Interpreter): Launch["mounts"] => [...interpreter.mounts, BOOTSTRAP, sdk.nodeMount()];
  return {
    name,
    family: "nodejs",
    channel: "framed",
    executionEnv: `AWS_Lambda_${name}`,
    runtimeVersion: (interpreter) => `nodejs:${major}.v${versionOf(interpreter)[1]}`,
    findInterpreter: ({ strict }) => finder.node(major, strict),
    launch: (interpreter, { memoryMb }) => ({
      args: nodeArgs(major, interpreter, memoryMb, ""),
      env: AHEAD_ENV,
      mounts: mounts(interpreter),
    }),
    needsFreshProcess: (variables) =>
      needsFresh(variables, (variable) => countsFromTheStart(variable) || START_VARIABLES.test(variable)),
    lateLaunch: (interpreter) => shellLaunch(mounts(interpreter)),
    lateArgs: (interpreter, { memoryMb, variables }) =>
      wrapped(nodeArgs(major, interpreter, memoryMb, variables["NODE_OPTIONS"] ?? ""), variables),
    variables: () => ({
      ...SHELL_VARIABLES,
      NODE_PATH: `/opt/nodejs/node${major}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task`,
    }),
    prepareSdk: () => sdk.prepareNode(),
  };
}

/** AWS's command line: heap sizes follow the function's memory, experiments that AWS holds back are off. */
function nodeArgs(major: number, interpreter: Interpreter, memoryMb: number, nodeOptions: string): readonly string[] {
  const ownHeap = major >= 24 && /--max[-_](semi[-_]space|old[-_]space)[-_]size/.test(nodeOptions);
  const heap = [
    `--max-semi-space-size=${Math.max(1, Math.floor(memoryMb / 20))}`,
    `--max-old-space-size=${memoryMb - Math.floor(memoryMb / 10)}`,
  ];
  return [
    PROGRAM,
    "--max-http-header-size=81920",
    ...(ownHeap ? [] : heap),
    ...heldBack(major, interpreter).filter((flag) => !nodeOptions.includes(flag.replace("--no-", "--"))),
    `${BOOTSTRAP_FOLDER}/index.cjs`,
  ];
}

/** Flags by which AWS switches off what upstream has on, where the interpreter that really runs knows them. */
function heldBack(major: number, interpreter: Interpreter): readonly string[] {
  const [running, minor] = versionOf(interpreter);
  const flags: string[] = [];
  if ((running === 20 && minor >= 19) || (running === 22 && minor >= 12))
    flags.push("--no-experimental-require-module");
  if (major === 22 && running === 22 && minor >= 7) flags.push("--no-experimental-detect-module");
  return flags;
}
