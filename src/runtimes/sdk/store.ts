/**
 * The AWS SDKs that runtimes bring along, kept in the cache and mounted at /var/runtime. The mounted folder exists from
 * the start and the SDK is moved into it whole, so processes that were made before it was there see it too.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../base/index.ts";
import type { Mount } from "../../sandbox/index.ts";
import { createFolderAtomically, folderExists } from "../interpreters/atomic-folder.ts";
import { CommandError, runCommand } from "../interpreters/command.ts";
import { npmInstall } from "../interpreters/npm-install.ts";
import { type Progress, withProgress } from "../interpreters/progress.ts";
import type { Environment } from "../interpreters/version-managers.ts";
import { INSTALL_OUTPUT_BYTES, INSTALL_TIMEOUT_MS } from "../limits.ts";
import type { Interpreter, PreparedSdk } from "../runtime.ts";
import { NODE_SDK_PACKAGES, PYTHON_SDK_PACKAGES } from "./packages.ts";

export interface SdkStoreOptions {
  readonly cacheFolder: string;
  readonly log: Log;
  readonly progress?: Progress;
  readonly env: Environment;
  /** What is installed; the lists of packages.ts by default. */
  readonly packages?: { readonly node: readonly string[]; readonly python: readonly string[] };
}

export interface SdkStore {
  nodeMount(): Mount;
  pythonMount(interpreter: Interpreter): Mount;
  prepareNode(): Promise<PreparedSdk>;
  preparePython(interpreter: Interpreter): Promise<PreparedSdk>;
}

const READY: PreparedSdk = { notice: undefined };
const INSIDE = "/var/runtime";

export function createSdkStore(options: SdkStoreOptions): SdkStore {
  const packages = options.packages ?? { node: NODE_SDK_PACKAGES, python: PYTHON_SDK_PACKAGES };
  const running = new Map<string, Promise<PreparedSdk>>();
  const nodeFolder = join(options.cacheFolder, "sdk", "nodejs");
  const pythonFolder = ({ version }: Interpreter): string =>
    join(options.cacheFolder, "sdk", `python${version.split(".").slice(0, 2).join(".")}`);

  /** Joins the installation that runs for the same folder. A failed one is tried again by the next call. */
  const once = (target: string, what: string, install: (scratch: string) => Promise<string>): Promise<PreparedSdk> => {
    const joined = running.get(target);
    if (joined !== undefined) return joined;
    const started = prepare(options, target, what, install).finally(() => running.delete(target));
    running.set(target, started);
    return started;
  };

  return {
    nodeMount: () => mount(nodeFolder),
    pythonMount: (interpreter) => mount(pythonFolder(interpreter)),
    prepareNode: () =>
      once(join(nodeFolder, "node_modules"), "the AWS SDK for JavaScript", async (scratch) => {
        await npmInstall(scratch, packages.node, options.env);
        return join(scratch, "node_modules");
      }),
    preparePython: (interpreter) =>
      once(
        join(pythonFolder(interpreter), "site-packages"),
        `boto3 for Python ${interpreter.version}`,
        async (scratch) => {
          const target = join(scratch, "site-packages");
          const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-conflicts"];
          const pip = ["-m", "pip", "install", ...quiet, "--target", target, ...packages.python];
          await runCommand(interpreter.program, pip, {
            timeoutMs: INSTALL_TIMEOUT_MS,
            outputBytesMax: INSTALL_OUTPUT_BYTES,
            env: options.env,
            cwd: scratch,
          });
          return target;
        },
      ),
  };
}

function mount(folder: string): Mount {
  mkdirSync(folder, { recursive: true });
  return { source: folder, target: INSIDE };
}

async function prepare(
  { log, progress }: SdkStoreOptions,
  target: string,
  what: string,
  fill: (scratch: string) => Promise<string>,
): Promise<PreparedSdk> {
  if (await folderExists(target)) return READY;
  try {
    await withProgress(progress, `Installing ${what}`, () => createFolderAtomically(target, fill));
    return READY;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    log.warn(`could not install ${what}`, { said: error.said });
    return {
      notice: `${what} is not available inside functions: installing it failed (offline?). Functions that bundle it are not affected.`,
    };
  }
}
