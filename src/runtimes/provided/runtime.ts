/** Custom runtimes: the function brings its own program, which speaks the Runtime API over HTTP. */
import type { Runtime } from "../runtime.ts";
import { shellLaunch } from "../stage.ts";

export function createProvidedRuntime(name: "provided.al2" | "provided.al2023"): Runtime {
  return {
    name,
    family: "provided",
    channel: "http",
    executionEnv: undefined,
    runtimeVersion: () => `${name.replace(".", ":")}.v1`,
    findInterpreter: async () => ({ version: "", program: "", mounts: [] }),
    launch: () => shellLaunch(),
    needsFreshProcess: () => false,
    lateLaunch: () => shellLaunch(),
    lateArgs: () => {
      throw new Error(`${name} is started by the function's own bootstrap, never late`);
    },
    variables: () => ({}),
    prepareSdk: async () => ({ notice: undefined }),
  };
}
