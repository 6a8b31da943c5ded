/**
 * Finds out which isolation this host can give, by looking only: nothing is started, mounted or changed. Used to choose
 * the driver at start and by `lambent doctor`.
 */
import { accessSync, constants } from "node:fs";
import { basename } from "node:path";
import {
  type CgroupLayout,
  describeCgroups,
  detectCgroups,
  detectDelegatedCgroups,
  layoutFolders,
} from "./cgroup/layout.ts";
import { hasErrorCode } from "./errors.ts";
import { findProgram } from "./helper.ts";
import { SANDBOX_IDS_MIN } from "./limits.ts";
import { hasLibc } from "./linux/libc.ts";
import { hasLoopDevices } from "./linux/loop.ts";
import { mayMount } from "./linux/mounts.ts";
import { type IdRange, userNamespaceIds } from "./linux/userns.ts";
import { gatewayObstacle } from "./oci/gateway.ts";
import { resolvers } from "./oci/root.ts";
import { planUserNamespace, runtimesFor } from "./rootless/plan.ts";

export interface IsolationChoice {
  readonly choose: "oci" | "process";
  /** Path of the OCI runtime to use. Present when `choose` is `oci`. */
  readonly runtime: string | undefined;
  readonly layout: CgroupLayout | undefined;
  /** Ids for sandboxes when this process is root of a user namespace only. */
  readonly userNamespace: IdRange | undefined;
  /** Why not `oci`, one sentence each; empty when it is chosen. */
  readonly reasons: readonly string[];
  /** What the chosen driver cannot hold here, one sentence each. */
  readonly gaps: readonly string[];
  /** One line for people, for example `crun, cgroup v1 (hybrid), root`. */
  readonly summary: string;
}

/** `requested`: `auto`, `oci`, or the name or path of an OCI runtime. */
export async function detectIsolation(requested: string): Promise<IsolationChoice> {
  const reasons: string[] = [];
  const wanted = runtimesFor(requested);
  const runtime = wanted.map(findProgram).find((path) => path !== undefined);
  const userNamespace = userNamespaceIds();
  const layout = cgroupsOf(userNamespace);
  if (process.platform !== "linux") reasons.push(`isolation needs Linux, this is ${process.platform}`);
  else {
    // Without rights to mount, what is asked of an ordinary user is told instead, runtime and control groups included.
    if (!mayMount()) return unisolated(whyNotRootless(wanted));
    if (runtime === undefined) reasons.push(`no OCI runtime found: install ${wanted.join(" or ")}`);
    if (userNamespace !== undefined && userNamespace.count < SANDBOX_IDS_MIN)
      reasons.push("the user namespace of this server has too few user ids");
    if (!hasLibc()) reasons.push("this Node.js cannot call the C library (node:ffi)");
    if ("missing" in layout) reasons.push(layout.missing);
    else if (!isWritable(layout)) reasons.push("the control groups of this host are read-only");
  }
  if (reasons.length > 0 || "missing" in layout || runtime === undefined) return unisolated(reasons);
  const rights = userNamespace === undefined ? "root" : "rootless";
  const summary = `${basename(runtime)}, ${describeCgroups(layout)}, ${rights}`;
  return {
    choose: "oci",
    runtime,
    layout,
    userNamespace,
    reasons,
    gaps: ociGaps(userNamespace !== undefined),
    summary,
  };
}

function unisolated(reasons: readonly string[]): IsolationChoice {
  const summary = "plain processes, no isolation";
  return {
    choose: "process",
    runtime: undefined,
    layout: undefined,
    userNamespace: undefined,
    reasons,
    gaps: [],
    summary,
  };
}

function cgroupsOf(userNamespace: IdRange | undefined): CgroupLayout | { readonly missing: string } {
  if (process.platform !== "linux") return { missing: `${process.platform} has no control groups` };
  return userNamespace === undefined ? detectCgroups() : detectDelegatedCgroups();
}

/** An ordinary user's server is isolated when the command line has put it into a user namespace. */
function whyNotRootless(runtimes: readonly string[]): readonly string[] {
  if (process.getuid?.() === 0) return ["the server has no right to make mounts (CAP_SYS_ADMIN)"];
  const plan = planUserNamespace(runtimes);
  return plan.possible
    ? ["the server is an ordinary user's and was not started by the lambent command, which enters a user namespace"]
    : plan.obstacles.map(({ reason }) => reason);
}

function ociGaps(rootless: boolean): readonly string[] {
  const gaps: string[] = [];
  if (rootless)
    gaps.push("/tmp is kept in memory and counts against the function's memory (only root may mount disks)");
  else if (!hasLoopDevices())
    gaps.push("/tmp is kept in memory and counts against the function's memory (no loop devices)");
  else if (findProgram("mkfs.ext4") === undefined)
    gaps.push("/tmp is kept in memory and counts against the function's memory (no mkfs.ext4)");
  if (rootless) gaps.push("Python functions start more slowly and take more memory (only root's server forks them)");
  const obstacle = findProgram("nft") === undefined ? "nft is not installed" : rootless ? gatewayObstacle() : undefined;
  if (obstacle !== undefined) gaps.push(`functions cannot reach the network (${obstacle})`);
  else if (resolvers().length === 0)
    gaps.push("functions cannot resolve names (the host has no name server beyond loopback)");
  return gaps;
}

function isWritable(layout: CgroupLayout): boolean {
  try {
    for (const folder of layoutFolders(layout)) accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "EROFS", "EACCES")) return false;
    throw error;
  }
}
