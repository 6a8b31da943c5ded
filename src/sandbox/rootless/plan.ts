/**
 * How an ordinary user's server gets its isolation: by being started again inside a user namespace, which a process with
 * several threads cannot enter itself. The plan is made by looking, then tried on a program that does nothing, so that
 * who follows it is not surprised.
 */
import { spawnSync } from "node:child_process";
import { findProgram, helperEnv } from "../helper.ts";
import { NAMESPACE_TRIAL_MS } from "../limits.ts";
import { mayMount } from "../linux/mounts.ts";
import { decideRootless, type RootlessDecision, refusedTrial, UNSHARE } from "./decision.ts";
import { appArmorRestricts, rootlessFacts } from "./facts.ts";

/** A new /proc is what containers most often refuse. */
const TRIAL = [...UNSHARE.slice(1), "--pid", "--fork", "--mount-proc", "--", "true"];

/** Tried in this order when no runtime is named. */
const RUNTIMES = ["crun", "runc"];

/** OCI runtimes that `requested` (see SandboxDriverOptions) allows. */
export function runtimesFor(requested: string): readonly string[] {
  return requested === "auto" || requested === "oci" ? RUNTIMES : [requested];
}

/**
 * What to put in front of the command line of a server with the driver `requested`, the program's absolute path first;
 * undefined when it is to be started as it is: by root, without isolation, or where nothing would be gained.
 */
export function userNamespaceCommand(requested: string): readonly string[] | undefined {
  if (process.platform !== "linux" || process.getuid?.() === 0 || requested === "process" || mayMount())
    return undefined;
  const plan = planUserNamespace(runtimesFor(requested));
  if (!plan.possible) return undefined;
  const [name = "", ...words] = plan.command;
  return [findProgram(name) ?? name, ...words];
}

/** For a process that is not root, on Linux. `runtimes`: names of OCI runtimes, one of which must be there. */
export function planUserNamespace(runtimes: readonly string[]): RootlessDecision {
  const decision = decideRootless(rootlessFacts(runtimes));
  if (!decision.possible) return decision;
  const trial = spawnSync("unshare", TRIAL, { encoding: "utf8", env: helperEnv(), timeout: NAMESPACE_TRIAL_MS });
  if (trial.status === 0) return decision;
  const complaint = trial.error?.message ?? trial.stderr.trim().split("\n").at(-1) ?? "";
  return { possible: false, obstacles: [refusedTrial(complaint, appArmorRestricts())] };
}
