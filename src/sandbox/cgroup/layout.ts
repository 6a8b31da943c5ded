/**
 * Finds out how this host arranges control groups, and where this process may make some. v1: one hierarchy per controller;
 * v2: one for all; hybrid: v1 controllers beside a cgroup2 mount without any, which some OCI runtimes refuse. Root makes
 * them at the top; anybody else below the process's own group, where that was delegated (its files belong to the user).
 */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { hasErrorCode } from "../errors.ts";

const ROOT = "/sys/fs/cgroup";
const NEEDED = ["memory", "pids", "cpu"] as const;

/** Where v2 servers put their own processes, because a group with processes gives its children no controllers. */
export const SERVER_LEAF = "lambent-server";

/** A folder of one v1 hierarchy, below which control groups are made. */
export interface Hierarchy {
  readonly controllers: readonly string[];
  readonly folder: string;
}

export type CgroupLayout =
  | {
      readonly version: 1;
      readonly hybrid: boolean;
      readonly hierarchies: readonly Hierarchy[];
      readonly unified: string | undefined;
    }
  | { readonly version: 2; readonly root: string };

/** The folders below which a layout's groups are made. */
export function layoutFolders(layout: CgroupLayout): readonly string[] {
  return layout.version === 2 ? [layout.root] : layout.hierarchies.map(({ folder }) => folder);
}

/** The layout at the top of the hierarchies, or the reason why limits cannot be set here. */
export function detectCgroups(): CgroupLayout | { readonly missing: string } {
  if (existsSync(`${ROOT}/cgroup.controllers`)) {
    const absent = absentControllers(ROOT);
    return absent.length === 0 ? { version: 2, root: ROOT } : { missing: `cgroup v2 lacks ${absent.join(", ")}` };
  }
  const hierarchies = mountedHierarchies();
  const absent = NEEDED.filter((name) => !hierarchies.some(({ controllers }) => controllers.includes(name)));
  return absent.length > 0 ? { missing: `no cgroup controller for ${absent.join(", ")}` } : v1(hierarchies);
}

/** The layout below this process's own group, or the reason why this user may make no groups there. */
export function detectDelegatedCgroups(): CgroupLayout | { readonly missing: string } {
  const own = ownGroups(readFileSync("/proc/self/cgroup", "utf8"));
  if (existsSync(`${ROOT}/cgroup.controllers`)) {
    const root = ROOT + (own.get("") ?? "/").replace(/\/$/, "").replace(new RegExp(`/${SERVER_LEAF}$`), "");
    const needed = ["", "/cgroup.procs", "/cgroup.subtree_control"].map((file) => root + file);
    if (!needed.every(isWritable)) return { missing: "no control group is delegated to this user" };
    const absent = absentControllers(root);
    if (absent.length > 0) return { missing: `the delegated control group lacks ${absent.join(", ")}` };
    return { version: 2, root };
  }
  const delegated = mountedHierarchies()
    .map(({ controllers, folder }) => {
      const path = own.get(controllers.find((name) => own.has(name)) ?? "") ?? "/";
      return { controllers, folder: folder + path.replace(/\/$/, "") };
    })
    .filter(({ folder }) => isWritable(folder) && isWritable(`${folder}/cgroup.procs`));
  const absent = NEEDED.filter((name) => !delegated.some(({ controllers }) => controllers.includes(name)));
  return absent.length > 0 ? { missing: `no control group for ${absent.join(", ")} is delegated` } : v1(delegated);
}

/** For the summary line. */
export function describeCgroups(layout: CgroupLayout): string {
  return layout.version === 2 ? "cgroup v2" : `cgroup v1${layout.hybrid ? " (hybrid)" : ""}`;
}

function v1(hierarchies: readonly Hierarchy[]): CgroupLayout {
  const unified = existsSync(`${ROOT}/unified`) ? `${ROOT}/unified` : undefined;
  return { version: 1, hybrid: unified !== undefined, hierarchies, unified };
}

function absentControllers(folder: string): readonly string[] {
  const available = readFileSync(`${folder}/cgroup.controllers`, "utf8").trim().split(" ");
  return NEEDED.filter((name) => !available.includes(name));
}

/** Controller to path of this process's group; the unified hierarchy's controller is "". */
function ownGroups(text: string): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^\d+:([^:]*):(.*)$/gm)];
  return new Map(lines.flatMap(([, names = "", path = ""]) => names.split(",").map((name) => [name, path] as const)));
}

function mountedHierarchies(): readonly Hierarchy[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, folder = "", type]) => type === "cgroup" && dirname(folder) === ROOT)
    .map(([, folder = ""]) => ({ controllers: (folder.split("/").at(-1) ?? "").split(","), folder }));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "EROFS", "EACCES", "EPERM", "ENOENT")) return false;
    throw error;
  }
}
