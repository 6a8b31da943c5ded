/**
 * Runs programs as an ordinary user that is made for a test and removed after it: with subordinate ids, a delegated
 * control group, and the repository, this Node.js and what was fetched before at places that the user can read. Needs root.
 */
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { SERVER_LEAF } from "../cgroup/layout.ts";
import { hasErrorCode } from "../errors.ts";

const ROOT = "/sys/fs/cgroup";
const CONTROLLERS = ["memory", "pids", "cpu", "freezer", "cpuacct"];
/** `files` and `work` take what is written over the caches of the user who runs the tests. */
const FOLDERS = ["repository", "node", "home/.cache/lambent", "files", "work"];
const OUTPUT_MAX_BYTES = 4 * 2 ** 20;
const RUN_MS = 120_000;

/** Delegates the groups `$1`… to `$2`, joins them, makes the places readable in mounts of its own, becomes the user. */
const BECOME = `set -e
user=$1 stage=$2 repository=$3 node=$4 cache=$5; shift 5
while [ "$1" != -- ]; do
  if [ -d "$1/${SERVER_LEAF}" ]; then echo 0 > "$1/${SERVER_LEAF}/cgroup.procs"; else echo 0 > "$1/cgroup.procs"; fi; shift
done; shift
mount --bind "$repository" "$stage/repository"; mount --bind "$node" "$stage/node"
if [ -d "$cache" ]; then
  mount -t overlay -o "lowerdir=$cache,upperdir=$stage/files,workdir=$stage/work" none "$stage/home/.cache/lambent"
fi
[ -e "$stage/tun" ] || mknod "$stage/tun" c 10 200; chmod 666 "$stage/tun"; mount --bind "$stage/tun" /dev/net/tun
cd "$stage/home"
exec runuser -u "$user" -- env HOME="$stage/home" TMPDIR="$stage/home" PATH="$stage/node/bin:/usr/local/bin:/usr/bin:/bin" "$@"`;

export interface OrdinaryUser {
  /** The repository and the folder of Node.js, as this user sees them. */
  readonly repository: string;
  readonly node: string;
  /** Runs a program to its end; rejects when it fails, with its output in the message. */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

export async function withOrdinaryUser(
  use: (user: OrdinaryUser) => Promise<void>,
  options: { readonly delegated: boolean } = { delegated: true },
): Promise<void> {
  const name = `lambent-${randomBytes(4).toString("hex")}`;
  const stage = mkdtempSync(join(tmpdir(), "lambent-user-"));
  chmodSync(stage, 0o755);
  for (const folder of FOLDERS) mkdirSync(join(stage, folder), { recursive: true });
  execFileSync("useradd", ["--no-create-home", "--home-dir", join(stage, "home"), name], { stdio: "inherit" });
  const groups = options.delegated ? delegatedGroups(name) : [];
  try {
    const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "lambent");
    // Folders of the user's own over those of the cache, so that new files can be made in them.
    for (const folder of existsSync(cache) ? readdirSync(cache, { withFileTypes: true }) : [])
      if (folder.isDirectory()) mkdirSync(join(stage, "files", folder.name));
    execFileSync("chown", ["-R", name, join(stage, "home"), join(stage, "files")]);
    for (const folder of groups) delegate(folder, name);
    const places = [join(import.meta.dirname, "../../.."), dirname(dirname(process.execPath)), cache];
    const become = [...["--mount", "--propagation=private", "/bin/sh", "-c", BECOME, "become", name, stage], ...places];
    await use({
      repository: join(stage, "repository"),
      node: join(stage, "node"),
      async run(program, args, env = {}) {
        const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
        const words = [...become, ...groups, "--", ...variables, program, ...args];
        const options = { maxBuffer: OUTPUT_MAX_BYTES, timeout: RUN_MS, env: inherited() };
        const { stdout } = await promisify(execFile)("unshare", words, options).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${outputOf(error)}`);
        });
        return stdout;
      },
    });
  } finally {
    for (const folder of groups) await removeGroup(folder);
    execFileSync("userdel", [name], { stdio: "inherit" });
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Settings of the network (proxies, certificates) reach the user; what belongs to root or to this test run does not. */
function inherited(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(XDG_|LAMBENT_|NODE_OPTIONS|NODE_TEST)/.test(name));
  return Object.fromEntries(kept);
}

function delegatedGroups(name: string): readonly string[] {
  if (existsSync(`${ROOT}/cgroup.controllers`)) return [`${ROOT}/${name}`];
  return CONTROLLERS.map((controller) => `${ROOT}/${controller}/${name}`).filter((folder) =>
    existsSync(dirname(folder)),
  );
}

function delegate(folder: string, user: string): void {
  mkdirSync(folder);
  // On v2 the group has no controllers unless the one above passes them on, as systemd does.
  const above = join(dirname(folder), "cgroup.subtree_control");
  if (existsSync(above)) writeFileSync(above, "+memory +pids +cpu");
  const files = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"].map((file) => join(folder, file));
  execFileSync("chown", [user, folder, ...files.filter((file) => existsSync(file))]);
}

/** The last processes inside may take the kernel a moment. */
async function removeGroup(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      removeTree(folder);
      return;
    } catch (error) {
      if (!hasErrorCode(error, "EBUSY") || attempt === 200) throw error;
      await setTimeout(20);
    }
  }
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  rmdirSync(folder);
}

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { stdout = "", stderr = "" }: Error & { readonly stdout?: string; readonly stderr?: string } = error;
  return `${stdout}\n${stderr}`;
}
