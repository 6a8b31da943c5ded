/** Custom runtimes: the function brings its own program, which speaks the Runtime API over HTTP. */
import { UserError } from "../../base/index.ts";
import type { Runtime } from "../runtime.ts";
import { shellLaunch } from "./exec-line.ts";

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
      throw new UserError(
        "no-late-command",
        `${name} is started by its own bootstrap; there is no interpreter to start.`,
      );
    },
    variables: () => ({}),
    prepareSdk: async () => ({ notice: undefined }),
  };
}
