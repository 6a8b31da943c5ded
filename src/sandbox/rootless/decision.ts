/**
 * Whether an ordinary user's server can be isolated here, decided from facts alone: which obstacles there are, each with
 * the command that removes it, or else the words to put in front of the server's own command line.
 */

/** What was found on this host; see facts.ts. */
export interface RootlessFacts {
  /** The user's name, or the id as a number where it has none. */
  readonly user: string;
  readonly uid: number;
  /** Programs found, by name. */
  readonly programs: ReadonlySet<string>;
  /** OCI runtimes that would do. */
  readonly runtimes: readonly string[];
  /** /proc/sys/user/max_user_namespaces; undefined on a kernel without user namespaces. */
  readonly maxUserNamespaces: number | undefined;
  /** kernel.unprivileged_userns_clone of Debian's and other kernels is 0. */
  readonly cloneForbidden: boolean;
  /** Subordinate ids of the user in /etc/subuid and /etc/subgid, the longest range of each. */
  readonly subordinateUids: number;
  readonly subordinateGids: number;
  readonly idsMin: number;
  /** Why the own control group does not do; undefined when it does. */
  readonly cgroupsMissing: string | undefined;
  /** systemd's manager of this user has a control group with all controllers, so it can delegate one. */
  readonly userManagerDelegates: boolean;
  readonly cgroupVersion: 1 | 2;
}

export interface Obstacle {
  /** A clause for people, without a full stop. */
  readonly reason: string;
  /** The command that mends it. */
  readonly fix: string;
}

export type RootlessDecision =
  | { readonly possible: true; readonly command: readonly string[] }
  | { readonly possible: false; readonly obstacles: readonly Obstacle[] };

/** Root in the namespace is the user outside; every other id is one of the user's subordinate ones. */
export const UNSHARE: readonly string[] = [
  "unshare",
  "--user",
  "--map-root-user",
  "--map-auto",
  "--mount",
  "--propagation=slave",
];
const SCOPE: readonly string[] = [
  ...["systemd-run", "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes", "--"],
];
const DELEGATED_CONTROLLERS = "memory pids cpu";

export function decideRootless(facts: RootlessFacts): RootlessDecision {
  const obstacles = [...namespaceObstacles(facts), ...idObstacles(facts), ...cgroupObstacles(facts)];
  if (!facts.runtimes.some((name) => facts.programs.has(name)))
    obstacles.unshift({ reason: `no OCI runtime found (${facts.runtimes.join(" or ")})`, fix: apt("crun") });
  if (obstacles.length > 0) return { possible: false, obstacles };
  return { possible: true, command: [...(facts.cgroupsMissing === undefined ? [] : SCOPE), ...UNSHARE, "--"] };
}

/** The trial of a user namespace failed with `complaint` although nothing spoke against it. */
export function refusedTrial(complaint: string, appArmorRestricts: boolean): Obstacle {
  if (appArmorRestricts) {
    return {
      reason: `AppArmor keeps ordinary users from user namespaces (${complaint})`,
      fix: "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    };
  }
  return { reason: `the kernel refuses a user namespace with mounts (${complaint})`, fix: "run lambent as root" };
}

function namespaceObstacles(facts: RootlessFacts): Obstacle[] {
  const obstacles: Obstacle[] = [];
  if (!facts.programs.has("unshare"))
    obstacles.push({ reason: "unshare of util-linux 2.38 or later is missing", fix: apt("util-linux") });
  if (facts.maxUserNamespaces === undefined)
    obstacles.push({ reason: "this kernel has no user namespaces", fix: "run lambent as root" });
  if (facts.maxUserNamespaces === 0)
    obstacles.push({
      reason: "user namespaces are switched off (user.max_user_namespaces is 0)",
      fix: "sudo sysctl -w user.max_user_namespaces=10000",
    });
  if (facts.cloneForbidden)
    obstacles.push({
      reason: "ordinary users may not make user namespaces (kernel.unprivileged_userns_clone is 0)",
      fix: "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    });
  return obstacles;
}

function idObstacles({ programs, subordinateUids, subordinateGids, idsMin, user }: RootlessFacts): Obstacle[] {
  const obstacles: Obstacle[] = [];
  const missing = ["newuidmap", "newgidmap"].filter((name) => !programs.has(name));
  if (missing.length > 0)
    obstacles.push({
      reason: `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing`,
      fix: apt("uidmap"),
    });
  if (Math.min(subordinateUids, subordinateGids) < idsMin)
    obstacles.push({
      reason: `user ${user} has fewer than ${idsMin} subordinate ids in /etc/subuid and /etc/subgid`,
      fix: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}`,
    });
  return obstacles;
}

function cgroupObstacles({ cgroupsMissing, cgroupVersion, userManagerDelegates, ...facts }: RootlessFacts): Obstacle[] {
  if (cgroupsMissing === undefined) return [];
  if (cgroupVersion === 2 && userManagerDelegates && facts.programs.has("systemd-run")) return [];
  const fix =
    cgroupVersion === 1
      ? "start Linux with systemd.unified_cgroup_hierarchy=1, or run lambent as root"
      : facts.programs.has("systemd-run")
        ? `sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=${DELEGATED_CONTROLLERS}\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload, then log in again`
        : `sudo mkdir /sys/fs/cgroup/lambent-${facts.uid} && sudo chown -R ${facts.uid} /sys/fs/cgroup/lambent-${facts.uid}, and start lambent from a shell in that group`;
  return [{ reason: cgroupsMissing, fix }];
}

function apt(name: string): string {
  return `sudo apt-get install -y ${name}`;
}
