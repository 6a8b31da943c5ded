/** The runtimes for tests: the real ones, plus Node.js inside the custom runtime's sandbox to write fixtures in. */
import { dirname } from "node:path";
import type { Log } from "../../base/index.ts";
import { createRuntimes, type Runtime, type Runtimes } from "../../runtimes/index.ts";

const TEST_NODE = "/mnt/test-node/node";

/** Path inside of the Node.js that fixtures of custom runtimes are run by. */
export function testNode(driver: string): string {
  return driver === "process" ? process.execPath : TEST_NODE;
}

export function testRuntimes(cacheFolder: string, log: Log): Pick<Runtimes, "get"> {
  const runtimes = createRuntimes({ cacheFolder, hostNode: process.execPath, log });
  const source = dirname(process.execPath);
  return {
    get(name): Runtime | undefined {
      const runtime = runtimes.get(name);
      if (runtime?.family !== "provided") return runtime;
      return {
        ...runtime,
        launch(interpreter, options) {
          const launch = runtime.launch(interpreter, options);
          return { ...launch, mounts: [...launch.mounts, { source, target: dirname(TEST_NODE) }] };
        },
      };
    },
  };
}
