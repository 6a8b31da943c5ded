/** The runtime of simulated functions: what a driver is asked to start means nothing to the simulated one. */
import type { Runtime } from "../../runtimes/index.ts";

export const simulatedRuntime: Runtime = {
  name: "nodejs26.x",
  family: "nodejs",
  channel: "framed",
  executionEnv: "AWS_Lambda_nodejs26.x",
  runtimeVersion: () => "nodejs:26.v1",
  findInterpreter: async () => ({ version: "26", program: "/node", mounts: [] }),
  launch: () => ({ args: ["/node"], env: {}, mounts: [] }),
  needsFreshProcess: () => false,
  lateLaunch: () => ({ args: ["/stage"], env: {}, mounts: [] }),
  lateArgs: () => ["/node"],
  variables: () => ({}),
  prepareSdk: async () => ({ notice: undefined }),
};
