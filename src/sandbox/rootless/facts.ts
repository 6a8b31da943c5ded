/** Looks at the host for what a user namespace with sandboxes needs. Looks only: nothing is started or changed. */
import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { detectDelegatedCgroups } from "../cgroup/layout.ts";
import { hasErrorCode } from "../errors.ts";
import { findProgram } from "../helper.ts";
import { SANDBOX_IDS_MIN } from "../limits.ts";
import type { RootlessFacts } from "./decision.ts";

const CONTROLLERS = ["memory", "pids", "cpu"];

/** For the user of this process, which is not root, on Linux. */
export function rootlessFacts(runtimes: readonly string[]): RootlessFacts {
  const { uid, username: user } = userInfo();
  const programs = ["unshare", "newuidmap", "newgidmap", "systemd-run", ...runtimes];
  const cgroups = detectDelegatedCgroups();
  return {
    user,
    uid,
    programs: new Set(programs.filter((name) => findProgram(name) !== undefined)),
    runtimes,
    maxUserNamespaces: number("/proc/sys/user/max_user_namespaces"),
    cloneForbidden: number("/proc/sys/kernel/unprivileged_userns_clone") === 0,
    subordinateUids: longestRange(text("/etc/subuid"), user, uid),
    subordinateGids: longestRange(text("/etc/subgid"), user, uid),
    idsMin: SANDBOX_IDS_MIN,
    cgroupsMissing: "missing" in cgroups ? cgroups.missing : undefined,
    userManagerDelegates: userManagerDelegates(uid),
    cgroupVersion: existsSync("/sys/fs/cgroup/cgroup.controllers") ? 2 : 1,
  };
}

/** True on Ubuntu and others, unless a profile exempts the program. */
export function appArmorRestricts(): boolean {
  return number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === 1;
}

/** The longest range of `name:first:count` lines that belong to the user, by name or number. */
export function longestRange(lines: string, user: string, uid: number): number {
  const counts = lines
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([owner]) => owner === user || owner === String(uid))
    .map(([, , count]) => Number(count));
  return Math.max(0, ...counts.filter(Number.isInteger));
}

function userManagerDelegates(uid: number): boolean {
  const folder = `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service`;
  const available = text(`${folder}/cgroup.controllers`).trim().split(" ");
  return existsSync(`/run/user/${uid}/systemd/private`) && CONTROLLERS.every((name) => available.includes(name));
}

function number(path: string): number | undefined {
  const content = text(path).trim();
  return content === "" ? undefined : Number(content);
}

/** Empty when there is no such file. */
function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "EACCES")) return "";
    throw error;
  }
}
