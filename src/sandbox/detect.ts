/**
 * Finds out which isolation this host can give, by looking only: nothing is started, mounted or changed. Used to choose
 * the driver at start and by `lambent doctor`.
 */
import { accessSync, constants } from "node:fs";
import { basename } from "node:path";
import { type CgroupLayout, describeCgroups, detectCgroups } from "./cgroup/layout.ts";
import { hasErrorCode } from "./errors.ts";
import { findProgram } from "./helper.ts";
import { hasLibc } from "./linux/libc.ts";
import { hasLoopDevices } from "./linux/loop.ts";
import { mayMount } from "./linux/mounts.ts";
import { resolvers } from "./oci/root.ts";

export interface IsolationChoice {
  readonly choose: "oci" | "process";
  /** Path of the OCI runtime to use. Present when `choose` is `oci`. */
  readonly runtime: string | undefined;
  readonly layout: CgroupLayout | undefined;
  /** Why not `oci`, one sentence each; empty when it is chosen. */
  readonly reasons: readonly string[];
  /** What the chosen driver cannot hold here, one sentence each. */
  readonly gaps: readonly string[];
  /** One line for people, for example `crun, cgroup v1 (hybrid), root`. */
  readonly summary: string;
}

/** Tried in this order when no runtime is named. */
const RUNTIMES = ["crun", "runc"];

/** `requested`: `auto`, `oci`, or the name or path of an OCI runtime. */
export async function detectIsolation(requested: string): Promise<IsolationChoice> {
  const reasons: string[] = [];
  const wanted = requested === "auto" || requested === "oci" ? RUNTIMES : [requested];
  const runtime = wanted.map(findProgram).find((path) => path !== undefined);
  const layout =
    process.platform === "linux" ? detectCgroups() : { missing: `${process.platform} has no control groups` };
  if (process.platform !== "linux") reasons.push(`isolation needs Linux, this is ${process.platform}`);
  else {
    if (runtime === undefined) reasons.push(`no OCI runtime found: install ${wanted.join(" or ")}`);
    if (!mayMount()) reasons.push("the server does not run as root");
    if (!hasLibc()) reasons.push("this Node.js cannot call the C library (node:ffi)");
    if ("missing" in layout) reasons.push(layout.missing);
    else if (!isWritable(layout)) reasons.push("the control groups of this host are read-only");
  }
  if (reasons.length > 0 || "missing" in layout || runtime === undefined) {
    return {
      choose: "process",
      runtime: undefined,
      layout: undefined,
      reasons,
      gaps: [],
      summary: "plain processes, no isolation",
    };
  }
  const summary = `${basename(runtime)}, ${describeCgroups(layout)}, root`;
  return { choose: "oci", runtime, layout, reasons, gaps: ociGaps(), summary };
}

function ociGaps(): readonly string[] {
  const gaps: string[] = [];
  if (!hasLoopDevices()) gaps.push("/tmp is kept in memory and counts against the function's memory (no loop devices)");
  else if (findProgram("mkfs.ext4") === undefined)
    gaps.push("/tmp is kept in memory and counts against the function's memory (no mkfs.ext4)");
  if (findProgram("nft") === undefined) gaps.push("functions cannot reach the network (nft is not installed)");
  else if (resolvers().length === 0)
    gaps.push("functions cannot resolve names (the host has no name server beyond loopback)");
  return gaps;
}

function isWritable(layout: CgroupLayout): boolean {
  try {
    for (const folder of layout.version === 2 ? [layout.root] : layout.hierarchies) accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "EROFS", "EACCES")) return false;
    throw error;
  }
}
