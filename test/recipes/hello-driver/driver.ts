/** A sandbox driver as small as one can be: plain processes that contain nothing. The recipe docs/recipes/add-a-sandbox-driver.md explains it. */
import { join } from "node:path";
import type { Isolation, Sandbox, SandboxDriver } from "../../../src/sandbox/index.ts";
import { HelloSandbox } from "./sandbox.ts";

const isolation: Isolation = {
  driver: "hello",
  summary: "the recipe's driver, no isolation",
  contains: false,
  ownLoopback: false,
  ownRoot: false,
  gaps: ["nothing holds: functions run as the server's own user, without limits"],
};

export function createHelloDriver(options: { readonly runFolder: string }): SandboxDriver {
  const sandboxes = new Set<Sandbox>();
  return {
    isolation,
    prepare: async () => undefined,
    async create(spec) {
      const sandbox = await HelloSandbox.start(spec, join(options.runFolder, spec.id));
      sandboxes.add(sandbox);
      void sandbox.exited.then(() => sandboxes.delete(sandbox));
      return sandbox;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...sandboxes].map((sandbox) => sandbox.destroy()));
    },
  };
}
