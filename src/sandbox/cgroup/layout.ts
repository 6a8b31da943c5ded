/**
 * Finds out how this host arranges control groups. v1: one hierarchy per controller; v2: one for all; hybrid: v1
 * controllers beside a cgroup2 mount without any, which some OCI runtimes refuse.
 */
import { existsSync, readFileSync } from "node:fs";

const ROOT = "/sys/fs/cgroup";
const NEEDED = ["memory", "pids", "cpu"] as const;

export type CgroupLayout =
  | {
      readonly version: 1;
      readonly hybrid: boolean;
      readonly hierarchies: readonly string[];
      readonly unified: string | undefined;
    }
  | { readonly version: 2; readonly root: string };

/** The layout, or the reason why limits cannot be set here. */
export function detectCgroups(): CgroupLayout | { readonly missing: string } {
  const mounts = mountedCgroups();
  if (existsSync(`${ROOT}/cgroup.controllers`)) {
    const available = readFileSync(`${ROOT}/cgroup.controllers`, "utf8").trim().split(" ");
    const absent = NEEDED.filter((name) => !available.includes(name));
    return absent.length === 0 ? { version: 2, root: ROOT } : { missing: `cgroup v2 lacks ${absent.join(", ")}` };
  }
  const hierarchies = mounts.filter(({ type }) => type === "cgroup").map(({ path }) => path);
  const absent = NEEDED.filter(
    (name) => !hierarchies.some((path) => path.split("/").at(-1)?.split(",").includes(name)),
  );
  if (absent.length > 0) return { missing: `no cgroup controller for ${absent.join(", ")}` };
  const unified = existsSync(`${ROOT}/unified`) ? `${ROOT}/unified` : undefined;
  return { version: 1, hybrid: unified !== undefined, hierarchies, unified };
}

/** For the summary line. */
export function describeCgroups(layout: CgroupLayout): string {
  return layout.version === 2 ? "cgroup v2" : `cgroup v1${layout.hybrid ? " (hybrid)" : ""}`;
}

function mountedCgroups(): readonly { readonly type: string; readonly path: string }[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, path = "", type = ""]) => type.startsWith("cgroup") && path.startsWith(ROOT))
    .map(([, path = "", type = ""]) => ({ type, path }));
}
