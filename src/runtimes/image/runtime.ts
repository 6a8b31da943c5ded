/**
 * Programs of container images: the image brings everything, also its own /bin/sh or none. So the process that waits for the
 * function is this machine's shell, under its own loader, from a place that no image has; it becomes the image's entry point.
 */
import type { Interpreter, Launch, Runtime } from "../runtime.ts";
import { shellStage } from "../stage.ts";
import type { HostShell } from "./host-shell.ts";

/** What a function of PackageType Image is called among the runtimes; AWS has no name for it. */
const IMAGE_RUNTIME = "image";

const PLACE = "/.lambent";
const SHELL = `${PLACE}/sh`;
const LOADER = `${PLACE}/loader`;
const LIBRARIES = `${PLACE}/lib`;

export function createImageRuntime(findShell: () => Promise<HostShell> = foundShell): Runtime {
  return {
    name: IMAGE_RUNTIME,
    family: IMAGE_RUNTIME,
    channel: "http",
    executionEnv: undefined,
    runtimeVersion: () => "image",
    async findInterpreter() {
      const { program, loader, libraries } = await findShell();
      return {
        version: "",
        program: SHELL,
        mounts: [
          { source: program, target: SHELL },
          ...(loader === undefined ? [] : [{ source: loader, target: LOADER }]),
          ...libraries.map(({ name, path }) => ({ source: path, target: `${LIBRARIES}/${name}` })),
        ],
      };
    },
    launch,
    needsFreshProcess: () => false,
    lateLaunch: launch,
    lateArgs: () => {
      throw new Error("an image's entry point is started by its stage, never late");
    },
    variables: () => ({}),
    prepareSdk: async () => ({ notice: undefined }),
  };
}

async function foundShell(): Promise<HostShell> {
  return (await import("./host-shell.ts")).hostShell();
}

function launch({ program, mounts }: Interpreter): Launch {
  const isLoaded = mounts.some(({ target }) => target === LOADER);
  const shell = isLoaded ? [LOADER, "--library-path", LIBRARIES, program] : [program];
  return { args: [...shell, "-c", shellStage({ hasHead: false })], env: {}, mounts };
}
