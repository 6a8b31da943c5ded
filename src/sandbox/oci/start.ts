/**
 * Starts one container: bundle, network, pipes, the runtime; and removes every trace of one. Invariant: when
 * `startContainer` throws, nothing of it is left, and nothing of another sandbox was touched.
 */
import { closeSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { basename } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { UserError } from "../../base/index.ts";
import { Cgroup } from "../cgroup/cgroup.ts";
import type { SandboxRoot, SandboxSpec } from "../driver.ts";
import { helperEnv, runHelper } from "../helper.ts";
import type { WaitStatus } from "../linux/children.ts";
import { type DetachedMount, mountLayers } from "../linux/mounts.ts";
import { createPidNamespace, type PidNamespace } from "../linux/pidns.ts";
import { createPipe, createSocketPair } from "../linux/sockets.ts";
import { type Program, spawnProgram } from "../linux/spawn.ts";
import { ociConfig } from "./config.ts";
import { fileSystemPlaces, removeFileSystemPlaces } from "./file-systems.ts";
import type { OciHost } from "./host.ts";
import { keptMount } from "./kept-tmp.ts";
import type { Network } from "./network.ts";
import { removeCgroup } from "./reaper.ts";
import { passwdFile, prepareTargets } from "./root.ts";

/** Joins the control groups named before `--`, then becomes the program named after it. */
const JOIN_AND_RUN = `while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done; shift; exec "$@"`;
/** Runtimes that leave nothing but a state folder and a control group, both of which we remove ourselves. */
const LEAN_RUNTIMES = ["crun", "runc"];

export interface StartedContainer {
  /** The process that the specification asks for, as the server sees it. */
  readonly pid: number;
  /** How that process ended. */
  readonly ended: Promise<WaitStatus>;
  /** Ends everything else inside; resolves when nothing of it runs. */
  end(): Promise<void>;
  /** Puts folders at places inside, /tmp included, and the process goes on. Absent: what is placed at the slot is inside. */
  place?(mounts: readonly PlacedMount[]): Promise<void>;
  /** To be placed at the slot's `tmp`, not before the runtime has ended: it would bind that mount instead of the slot. */
  readonly tmp: Promise<DetachedMount>;
  readonly channel: Duplex;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly network: Network;
}

export interface PlacedMount {
  readonly target: string;
  readonly mount: DetachedMount;
}

/** Throws a UserError that tells what the runtime complained of. */
export async function startContainer(host: OciHost, spec: SandboxSpec, uid: number): Promise<StartedContainer> {
  prepareTargets(host.path(spec.root === undefined ? "root" : "image-base"), spec.mounts);
  claimSlot(host, spec.id);
  claimBundle(host, spec.id);
  using undo = new DisposableStack();
  try {
    const network = undo.adopt(await host.networks.take(), (taken) => taken.close());
    const pids = isLean(host) ? createPidNamespace() : undefined;
    if (pids !== undefined) undo.defer(() => discard(host, pids));
    writeBundle(host, spec, { uid, network, pids });
    const { runtimePid, channel, stdout, stderr } = undo.use(runRuntime(host, spec));
    const tmp = spec.keptTmp === undefined ? host.makeTmp(spec.limits.tmpMb) : keptMount(spec.keptTmp);
    // Whoever needs /tmp awaits it and hears of a failure there.
    tmp.catch(() => undefined);
    // What went wrong with the sandbox is told; a /tmp that failed too adds nothing, and a kept one stays its keeper's.
    if (spec.keptTmp === undefined) undo.defer(() => void tmp.then((made) => made.close()).catch(() => undefined));

    const { code, signal } = await host.children.wait(runtimePid);
    if (code !== 0) throw new Error(complaint(host, spec.id) || `it ended with ${code ?? signal}`);
    const pid = Number(readFileSync(host.path("bundles", spec.id, "pid"), "utf8"));
    host.children.collectHelpers(runtimePid, pid, host.runtimeName);
    undo.move();
    const end = async (): Promise<void> => {
      if (pids === undefined) return;
      pids.close();
      await host.children.wait(pids.firstPid);
    };
    return { pid, ended: host.children.wait(pid), end, tmp, channel, stdout, stderr, network };
  } catch (cause) {
    undo.dispose();
    await removeTraces(host, spec.id);
    throw new UserError("sandbox-start-failed", `${host.options.runtime} did not start the sandbox: ${String(cause)}`, {
      cause,
    });
  }
}

/** Removes mounts, folders, runtime state and control group of a sandbox in which nothing runs. */
export async function removeTraces(host: OciHost, id: string): Promise<void> {
  const { runtime, layout, log } = host.options;
  if (!isLean(host)) {
    await runHelper(runtime, ["--root", host.path("state"), "delete", "--force", id]);
  }
  const mnt = host.path("slots", id, "mnt");
  const places = ["task", "opt", "tmp", "root"].map((name) => host.path("slots", id, name));
  await host.unmount([...places, ...fileSystemPlaces(mnt)]);
  removeFileSystemPlaces(mnt);
  for (const name of ["slots", "bundles", "state"]) rmSync(host.path(name, id), { recursive: true, force: true });
  host.removePretendedCgroup(id);
  if (!(await removeCgroup(layout, host.cgroupPath(id)))) log.error("a control group cannot be removed", { id });
}

/** True for runtimes whose sandboxes leave nothing that we cannot remove ourselves. */
export function isLean(host: OciHost): boolean {
  return LEAN_RUNTIMES.includes(host.runtimeName);
}

function discard(host: OciHost, pids: PidNamespace): void {
  pids.close();
  void host.children.wait(pids.firstPid);
}

interface Places {
  readonly uid: number;
  readonly network: Network;
  readonly pids: PidNamespace | undefined;
}

function writeBundle(host: OciHost, spec: SandboxSpec, { uid, network, pids }: Places): void {
  const slot = makeSlot(host, spec.id, uid, ["task", "opt", "tmp", "mnt"]);
  const config = ociConfig(spec, {
    root: spec.root === undefined ? host.path("root") : mountOwnRoot(host, slot, spec.root),
    openFilesMax: host.openFilesMax,
    slot,
    ...(host.options.userNamespace === undefined ? { cgroupPath: host.cgroupPath(spec.id) } : {}),
    networkNamespace: `/proc/${process.pid}/fd/${network.namespace}`,
    ...(pids === undefined ? {} : { pidNamespace: `/proc/${process.pid}/fd/${pids.descriptor}` }),
    uid,
    cgroupVersion: host.options.layout.version,
    architecture: process.arch,
  });
  writeConfig(host, spec.id, config);
}

/** The sandbox's own layers below what every such root has. */
function mountOwnRoot(host: OciHost, slot: string, root: SandboxRoot): string {
  const place = `${slot}/root`;
  mkdirSync(place);
  mountLayers([host.path("image-base"), ...[...root.layers].reverse()], place);
  return place;
}

/** The runtime's input, in the bundle's folder. */
export function writeConfig(host: OciHost, id: string, config: object): void {
  writeFileSync(`${host.path("bundles", id)}/config.json`, JSON.stringify(config));
  writeFileSync(`${host.path("bundles", id)}/log`, "");
}

/** Makes the sandbox's folder on the shared tmpfs. What happened to be there is told: an id names one sandbox. */
export function claimSlot(host: OciHost, id: string): void {
  if (existsSync(host.path("slots", id))) throw new Error(`there is a sandbox called ${id} already`);
  mkdirSync(host.path("slots", id));
}

/** Makes the folder of what the runtime is told. */
export function claimBundle(host: OciHost, id: string): void {
  mkdirSync(host.path("bundles", id), { mode: 0o700 });
}

/** Fills the sandbox's folder: places for later mounts, and its /etc/passwd. */
export function makeSlot(host: OciHost, id: string, uid: number, places: readonly string[]): string {
  const slot = host.path("slots", id);
  for (const name of places) mkdirSync(`${slot}/${name}`);
  writeFileSync(`${slot}/passwd`, passwdFile(uid));
  return slot;
}

/** Our ends of what a sandbox's process has at descriptors 1 to 3. Disposing closes them. */
export interface Streams extends Disposable {
  readonly channel: Duplex;
  /** The channel's descriptor. */
  readonly channelFd: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

interface RunningRuntime extends Streams {
  readonly runtimePid: number;
}

/** `far`: what becomes descriptors 1 to 3 of the process, to be closed here. */
export function openStreams(): { readonly near: Streams; readonly far: readonly number[] } {
  const [out, err, pair] = [createPipe(), createPipe(), createSocketPair()];
  const channel = new Socket({ fd: pair.near, readable: true, writable: true });
  // How a process looks that was killed before it read everything. "close" follows, and `exited` says how it ended.
  channel.on("error", () => undefined);
  const stdout = new Socket({ fd: out.readEnd, readable: true, writable: false });
  const stderr = new Socket({ fd: err.readEnd, readable: true, writable: false });
  const close = (): void => {
    for (const stream of [channel, stdout, stderr]) stream.destroy();
  };
  return {
    near: { channel, channelFd: pair.near, stdout, stderr, [Symbol.dispose]: close },
    far: [out.writeEnd, err.writeEnd, pair.far],
  };
}

/** Starts the runtime, which ends as soon as the container runs. Disposing closes our ends of the container's pipes. */
export function runRuntime(host: OciHost, spec: Pick<SandboxSpec, "id" | "limits">): RunningRuntime {
  const bundle = host.path("bundles", spec.id);
  const { near, far } = openStreams();
  const { descriptors, close } = { descriptors: far, close: near[Symbol.dispose] };
  const where = ["--root", host.path("state"), "--log", `${bundle}/log`];
  const run = ["run", "--detach", "--pid-file", `${bundle}/pid`, "--bundle", bundle, "--preserve-fds", "1", spec.id];
  try {
    const program = inOwnCgroup(host, spec, [...where, ...run]);
    const runtimePid = spawnProgram({ ...program, env: helperEnv(), descriptors });
    return { runtimePid, ...near };
  } catch (error) {
    close();
    throw error;
  } finally {
    for (const fd of descriptors) closeSync(fd);
  }
}

/**
 * OCI runtimes make the control group themselves when they are root; of what an ordinary user may do each has a notion
 * of its own, so there the group is made here and the runtime starts inside.
 */
function inOwnCgroup(
  host: OciHost,
  spec: Pick<SandboxSpec, "id" | "limits">,
  args: readonly string[],
): Pick<Program, "path" | "args"> {
  const { runtime, layout, userNamespace } = host.options;
  if (userNamespace === undefined) return { path: host.runtimeProgram, args };
  const cgroup = new Cgroup(layout, host.cgroupPath(spec.id));
  const groups = cgroup.create();
  cgroup.setLimits(spec.limits);
  const options = basename(runtime) === "crun" ? ["--cgroup-manager", "disabled"] : [];
  return { path: "/bin/sh", args: ["-c", JOIN_AND_RUN, "join", ...groups, "--", runtime, ...options, ...args] };
}

/** What the runtime said of a bundle. */
export function complaint(host: OciHost, id: string): string {
  return readFileSync(host.path("bundles", id, "log"), "utf8").trim();
}
