/**
 * The registry: every runtime that Lambent can run, by AWS's identifier. Nothing is looked for on disk, started or
 * fetched before somebody asks for an interpreter or the SDK.
 */

import type { Log } from "../base/index.ts";
import { createImageRuntime } from "./image/runtime.ts";
import { createInterpreterFinder } from "./interpreters/finder.ts";
import type { Progress } from "./interpreters/progress.ts";
import { createNodeRuntime, NODE_MAJORS } from "./nodejs/runtime.ts";
import { createProvidedRuntime } from "./provided/runtime.ts";
import { createPythonRuntime, PYTHON_MINORS } from "./python/runtime.ts";
import type { Runtime } from "./runtime.ts";
import { createSdkStore } from "./sdk/store.ts";

export interface RuntimesOptions {
  /** Host folder for what is fetched or found out: interpreters, SDKs, versions. Made when needed. */
  readonly cacheFolder: string;
  /** A Node.js that needs no download, normally `process.execPath`. */
  readonly hostNode: string;
  readonly log: Log;
  /** Told when something that takes long begins and ends. */
  readonly progress?: Progress;
  /** Where to look for interpreters: PATH, HOME, PYENV_ROOT and the like. The process's own by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Runtimes {
  /** Undefined for identifiers that Lambent cannot run. */
  get(name: string): Runtime | undefined;
  all(): readonly Runtime[];
}

export function createRuntimes(options: RuntimesOptions): Runtimes {
  const env = options.env ?? process.env;
  const finder = createInterpreterFinder({ ...options, env });
  const sdk = createSdkStore({ ...options, env });
  const runtimes: readonly Runtime[] = [
    ...NODE_MAJORS.map((major) => createNodeRuntime(major, finder, sdk)),
    ...PYTHON_MINORS.map((minor) => createPythonRuntime(minor, finder, sdk)),
    createProvidedRuntime("provided.al2023"),
    createProvidedRuntime("provided.al2"),
    createImageRuntime(),
  ];
  const byName = new Map(runtimes.map((runtime) => [runtime.name, runtime]));
  return {
    get: (name) => byName.get(name),
    all: () => runtimes,
  };
}
