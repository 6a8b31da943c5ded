/**
 * The contract of a language runtime: how its interpreter is found, what runs inside the sandbox, and which channel it
 * speaks. One folder per language; nothing here knows how a sandbox is made or who invokes.
 */
import type { Mount } from "../sandbox/index.ts";

/** An interpreter on this machine. */
export interface Interpreter {
  /** Exact version, for example `22.14.0`; empty for provided runtimes. */
  readonly version: string;
  /** Host path of the program. */
  readonly program: string;
  /** Folders that must be mounted for it to run. */
  readonly mounts: readonly Mount[];
  /** Set when a compatible version stands in for the one asked for: a sentence for the CLI, the function's log and doctor. */
  readonly notice?: string;
}

/** How one process of a runtime is started. */
export interface Launch {
  readonly args: readonly string[];
  /** The same program as a template: it loads what `args` would and forks processes that go on as `args` would. */
  readonly templateArgs?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
}

export interface PreparedSdk {
  /** Why the SDK is not there, for the CLI and doctor; undefined when it is. */
  readonly notice: string | undefined;
}

export interface Runtime {
  /** AWS's identifier: `nodejs22.x`, `python3.12`, `provided.al2023`. */
  readonly name: string;
  /** Its language, as it begins names of sandboxes: `nodejs`, `python`, `provided`. */
  readonly family: string;
  /** `framed`: Lambent's own bootstrap on file descriptor 3. `http`: the function's own program on the Runtime API. */
  readonly channel: "framed" | "http";
  /** `AWS_Lambda_nodejs22.x`; undefined for provided runtimes. */
  readonly executionEnv: string | undefined;
  /** The Runtime Version text of INIT_START, for example `nodejs:22.v14`. */
  runtimeVersion(interpreter: Interpreter): string;
  /** Finds or fetches the interpreter. Throws a UserError that says how to get it when nothing comes near. */
  findInterpreter(options: { readonly strict: boolean }): Promise<Interpreter>;
  /**
   * The waiting process of a sandbox made ahead. `memoryMb` may shape flags (heap sizes).
   * Framed runtimes wait for the INIT frame; provided ones wait in a small shell for their environment and then exec.
   */
  launch(interpreter: Interpreter, options: { readonly memoryMb: number }): Launch;
  /**
   * True when these function variables only work if they are there when the process starts (NODE_OPTIONS, LD_PRELOAD,
   * AWS_LAMBDA_EXEC_WRAPPER …): then the environment is started late instead of being taken from the waiting ones.
   */
  needsFreshProcess(variables: Readonly<Record<string, string>>): boolean;
  /**
   * The waiting stage for a late start: a small shell that becomes, on one line from `execLine`, what `lateArgs` says.
   * Everything the interpreter needs is mounted. For provided runtimes the same as `launch`.
   */
  lateLaunch(interpreter: Interpreter): Launch;
  /**
   * Program and arguments, as seen from inside, that the stage must become once code and layers are attached, with
   * AWS_LAMBDA_EXEC_WRAPPER in front where the variables name one. A framed runtime then goes on as after `launch`: it
   * sends WAITING and expects INIT. Provided runtimes have no such command: use `encodeStart`.
   */
  lateArgs(
    interpreter: Interpreter,
    options: { readonly memoryMb: number; readonly variables: Readonly<Record<string, string>> },
  ): readonly string[];
  /** Variables that this runtime adds inside, for example NODE_PATH, before the function's own. */
  variables(interpreter: Interpreter): Readonly<Record<string, string>>;
  /**
   * Makes the AWS SDK that the runtime brings along available, from the cache or by installing it; processes that
   * already run see it too. Resolves with a notice, and without an SDK, when it cannot be had (offline). Joins a running
   * installation. Runtimes without an SDK resolve at once.
   */
  prepareSdk(): Promise<PreparedSdk>;
}
