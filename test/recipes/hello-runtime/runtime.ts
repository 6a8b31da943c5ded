/** A language runtime as small as one can be: text templates. The recipe docs/recipes/add-a-runtime.md explains it. */
import { dirname, join } from "node:path";
import type { Interpreter, Launch, Runtime } from "../../../src/runtimes/index.ts";

const BOOTSTRAP = { source: join(import.meta.dirname, "bootstrap"), target: "/var/lambent" };
const COMMAND = ["/var/lang/bin/node", "/var/lambent/bootstrap.mjs"];
const ENV = { PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin" };

export function createHelloRuntime(): Runtime {
  const launch = (interpreter: Interpreter): Launch => ({
    args: COMMAND,
    env: ENV,
    mounts: [...interpreter.mounts, BOOTSTRAP],
  });
  return {
    name: "hello1.x",
    family: "hello",
    channel: "framed",
    executionEnv: "AWS_Lambda_hello1.x",
    runtimeVersion: ({ version }) => `hello:1.v${version}`,
    async findInterpreter() {
      const source = dirname(dirname(process.execPath));
      return { version: "1.0.0", program: process.execPath, mounts: [{ source, target: "/var/lang" }] };
    },
    launch,
    needsFreshProcess: () => false,
    lateLaunch: launch,
    lateArgs: () => COMMAND,
    variables: () => ({}),
    prepareSdk: async () => ({ notice: undefined }),
  };
}
