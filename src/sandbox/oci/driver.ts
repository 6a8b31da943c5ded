/** The `oci` driver: sandboxes made by an OCI runtime, one host set-up per server, done before the first sandbox. */
import { basename } from "node:path";
import { type Clock, type Log, type Random, UserError } from "../../base/index.ts";
import { canFreeze } from "../cgroup/freezer.ts";
import { type CgroupLayout, describeCgroups } from "../cgroup/layout.ts";
import type { Isolation, Sandbox, SandboxDriver, SandboxSpec } from "../driver.ts";
import { SANDBOX_UID_COUNT, SANDBOX_UID_FIRST } from "../limits.ts";
import type { IdRange } from "../linux/userns.ts";
import { OciHost } from "./host.ts";
import { keptUid } from "./kept-tmp.ts";
import { OciSandbox } from "./sandbox.ts";

export interface OciDriverOptions {
  /** Path of the runtime. */
  readonly runtime: string;
  readonly layout: CgroupLayout;
  /** The ids for sandboxes when the server runs in a user namespace; undefined for root of the host. */
  readonly userNamespace: IdRange | undefined;
  readonly gaps: readonly string[];
  readonly runFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const NO_FREEZER = "functions go on running between their invocations: this user has no freezer control group";
const HOST_IDS: IdRange = { first: SANDBOX_UID_FIRST, count: SANDBOX_UID_COUNT };

export function createOciDriver(options: OciDriverOptions): SandboxDriver {
  const sandboxes = new Set<OciSandbox>();
  /** Awaited at the end: what is being made would be left behind otherwise. */
  const creating = new Set<Promise<OciSandbox>>();
  let host: OciHost | undefined;
  const ids = options.userNamespace ?? HOST_IDS;
  let counter = 0;
  const ready = (): OciHost => {
    try {
      host ??= new OciHost(options);
      return host;
    } catch (cause) {
      throw new UserError("sandbox-setup-failed", `cannot set this host up for sandboxes: ${String(cause)}`, { cause });
    }
  };
  const create = async (spec: SandboxSpec): Promise<OciSandbox> => {
    const uid = keptUid(spec) ?? ids.first + (counter++ % ids.count);
    const sandbox = await OciSandbox.start(ready(), spec, uid);
    sandboxes.add(sandbox);
    const gone = (): boolean => sandboxes.delete(sandbox);
    sandbox.destroyed.then(gone, gone);
    return sandbox;
  };

  return {
    get isolation(): Isolation {
      const rights = options.userNamespace === undefined ? "root" : "rootless";
      const summary = `${basename(options.runtime)}, ${describeCgroups(options.layout)}, ${rights}`;
      return {
        driver: "oci",
        summary,
        contains: true,
        ownLoopback: true,
        ownRoot: true,
        gaps: [...options.gaps, ...(canFreeze(options.layout) ? [] : [NO_FREEZER]), ...(host?.gaps ?? [])],
      };
    },
    async prepare(): Promise<void> {
      await ready().prepared;
    },
    hasTemplate: (key) => host?.templates.has(key) ?? false,
    create(spec: SandboxSpec): Promise<Sandbox> {
      const creation = create(spec);
      creating.add(creation);
      const settled = (): boolean => creating.delete(creation);
      creation.then(settled, settled);
      return creation;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.allSettled(creating);
      await Promise.all([...sandboxes].map((sandbox) => sandbox.destroy()));
      await host?.close();
      host = undefined;
    },
  };
}
