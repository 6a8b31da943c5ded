/** What runtimes need to find their interpreters, and the one object that has it. */
import type { Log } from "../../base/index.ts";
import { BOOTSTRAP_FOLDER } from "../late-start.ts";
import { bootstrapFolder } from "../python/compiled-bootstrap.ts";
import type { Interpreter } from "../runtime.ts";
import { findNode } from "./node.ts";
import { ProbeCache } from "./probe-cache.ts";
import type { Progress } from "./progress.ts";
import { findPython } from "./python.ts";
import type { Environment } from "./version-managers.ts";

export interface FinderOptions {
  readonly cacheFolder: string;
  readonly hostNode: string;
  readonly log: Log;
  readonly progress?: Progress;
  readonly env: Environment;
}

/** The same with what the searches share. */
export interface Finding extends FinderOptions {
  readonly probes: ProbeCache;
}

export interface InterpreterFinder {
  /** A Node.js of this major version, fetched if need be, or one that stands in unless `strict`. Throws a UserError. */
  node(major: number, strict: boolean): Promise<Interpreter>;
  /**
   * A Python 3 of this minor version, or one that stands in unless `strict`, with the bootstrap among its mounts. Throws
   * a UserError.
   */
  python(minor: number, strict: boolean): Promise<Interpreter>;
}

export function createInterpreterFinder(options: FinderOptions): InterpreterFinder {
  const finding: Finding = { ...options, probes: new ProbeCache(options.cacheFolder) };
  const searches = new Map<string, Promise<Interpreter>>();
  /** One search at a time per answer; a failed one is tried again, for the person may have installed something. */
  const once = (key: string, search: () => Promise<Interpreter>): Promise<Interpreter> => {
    const running = searches.get(key);
    if (running !== undefined) return running;
    const started = search();
    searches.set(key, started);
    started.catch(() => searches.delete(key));
    return started;
  };
  return {
    node: (major, strict) => once(`node ${major} ${strict}`, () => findNode(finding, major, strict)),
    python: (minor, strict) =>
      once(`python ${minor} ${strict}`, async () => {
        const found = await findPython(finding, minor, strict);
        const source = await bootstrapFolder(found, options.cacheFolder, options.log);
        return { ...found, mounts: [...found.mounts, { source, target: BOOTSTRAP_FOLDER }] };
      }),
  };
}
