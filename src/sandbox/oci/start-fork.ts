/**
 * Starts one sandbox by a fork of a template instead of an OCI runtime. The fork isolates itself by the steps it is sent
 * and waits with its rights; `place` gives it its last mounts and takes the rights from it. Invariant: when `startFork`
 * throws, nothing of the sandbox is left.
 */
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { Cgroup } from "../cgroup/cgroup.ts";
import type { SandboxSpec } from "../driver.ts";
import { hasErrorCode } from "../errors.ts";
import { FORK_WAIT_MS } from "../limits.ts";
import { decodeStatus, type WaitStatus } from "../linux/children.ts";
import { sendMessage } from "../linux/descriptors.ts";
import { makeBindMount } from "../linux/mounts.ts";
import { createSocketPair } from "../linux/sockets.ts";
import { type OciConfig, ociConfig } from "./config.ts";
import { attachSteps, cloneStep, type KeptRights, keepRights, startSteps } from "./fork-steps.ts";
import type { OciHost } from "./host.ts";
import { keptMount } from "./kept-tmp.ts";
import { claimSlot, makeSlot, openStreams, type PlacedMount, removeTraces, type StartedContainer } from "./start.ts";
import type { Template } from "./template.ts";
import type { ForkTools } from "./templates.ts";

/** The connection to a fork's first process, by which the fork tells of itself; closing it ends the whole sandbox. */
interface Line {
  /** The first process of the pid namespace, and the sandbox's own, as the server sees them. */
  readonly first: Promise<number>;
  readonly second: Promise<number>;
  readonly ended: Promise<WaitStatus>;
  hangUp(): void;
}

/** Throws when the template is gone or the fork says what failed. */
export async function startFork(
  host: OciHost,
  spec: SandboxSpec,
  uid: number,
  tools: ForkTools & { readonly template: Template },
): Promise<StartedContainer> {
  claimSlot(host, spec.id);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => removeTraces(host, spec.id));
  const network = undo.adopt(await host.networks.take(), (taken) => taken.close());
  const tmp = spec.keptTmp === undefined ? host.makeTmp(spec.limits.tmpMb) : keptMount(spec.keptTmp);
  // Whoever needs /tmp awaits it and hears of a failure there.
  tmp.catch(() => undefined);
  // What went wrong with the sandbox is told; a /tmp that failed too adds nothing, and a kept one stays its keeper's.
  if (spec.keptTmp === undefined) undo.defer(() => void tmp.then((made) => made.close()).catch(() => undefined));
  const config = configOf(host, spec, uid);
  const { near, far } = openStreams();
  undo.use(near);
  const { line, lineFar } = openLine(spec.id, host);
  const gone = line.first.then((first) => host.children.wait(first));
  // A fork that never was is told to whoever waits for it to be up.
  gone.catch(() => undefined);
  undo.defer(() => line.hangUp());
  const rights = keepRights(tools.syscalls, config, tools.filter, tools.template.keep);
  await request(host, spec, { ...tools, config, network: network.namespace, line: lineFar, far });
  const second = await withinTime(host, line.second);
  undo.move();
  const end = async (): Promise<void> => {
    line.hangUp();
    await gone;
  };
  const { channel, channelFd, stdout, stderr } = near;
  return {
    pid: second,
    ended: line.ended,
    end,
    place: (mounts) => place(tools, { config, rights, channel: channelFd }, mounts),
    tmp,
    channel,
    stdout,
    stderr,
    network,
  };
}

function configOf(host: OciHost, spec: SandboxSpec, uid: number): OciConfig {
  return ociConfig(spec, {
    root: host.path("root"),
    openFilesMax: host.openFilesMax,
    slot: makeSlot(host, spec.id, uid, ["tmp"]),
    uid,
    cgroupVersion: host.options.layout.version,
    architecture: process.arch,
  });
}

interface Parts extends ForkTools {
  readonly template: Template;
  readonly config: OciConfig;
  readonly network: number;
  readonly line: number;
  readonly far: readonly number[];
}

/** Sends the template what the fork needs; what was for the fork alone is closed here afterwards. */
async function request(host: OciHost, spec: SandboxSpec, parts: Parts): Promise<void> {
  const { syscalls, template, config, network, line, far } = parts;
  using sent = new DisposableStack();
  for (const fd of [line, ...far]) sent.defer(() => closeSync(fd));
  // Its limits come with its code: nothing that waits inside until then is anybody's.
  const cgroup = new Cgroup(host.options.layout, host.cgroupPath(spec.id));
  const groups = cgroup.createLean().map((file) => sent.adopt(openSync(file, "w"), closeSync));
  const passwd = sent.adopt(makeBindMount(`${host.path("slots", spec.id)}/passwd`), (mount) => mount.close());
  const steps = startSteps(syscalls, config, groups.length, template.keep);
  const descriptors = [line, ...far, network, passwd.descriptor, ...groups];
  await template.fork({ clone: cloneStep(syscalls), steps }, descriptors);
}

interface Placed {
  readonly config: OciConfig;
  readonly rights: KeptRights;
  readonly channel: number;
}

/** The fork takes the mounts, gives up all rights and goes on to what it was made for; what fails it tells on its line. */
async function place(
  { syscalls }: ForkTools,
  { config, rights, channel }: Placed,
  mounts: readonly PlacedMount[],
): Promise<void> {
  const targets = mounts.map(({ target }) => target);
  try {
    const steps = attachSteps(syscalls, config, targets, rights);
    await sendMessage(
      channel,
      { steps },
      mounts.map(({ mount }) => mount.descriptor),
    );
  } catch (error) {
    // It has ended already; `ended` says how.
    if (!hasErrorCode(error, "EPIPE", "ECONNRESET", "EBADF")) throw error;
  } finally {
    for (const { mount } of mounts) mount.close();
  }
}

function openLine(id: string, host: OciHost): { readonly line: Line; readonly lineFar: number } {
  const { near, far } = createSocketPair();
  const socket = new Socket({ fd: near, readable: true, writable: true });
  const first = Promise.withResolvers<number>();
  const second = Promise.withResolvers<number>();
  const ended = Promise.withResolvers<WaitStatus>();
  // Whoever waits for the fork hears of it.
  for (const { promise } of [first, second]) promise.catch(() => undefined);
  let failure = "the template did not fork";
  const hear = (text: string): void => {
    const said: {
      readonly first?: number;
      readonly second?: number;
      readonly status?: number;
      readonly failed?: string;
    } = JSON.parse(text);
    if (said.first !== undefined) first.resolve(said.first);
    if (said.second !== undefined) second.resolve(said.second);
    if (said.status !== undefined) ended.resolve(decodeStatus(said.status));
    if (said.failed === undefined) return;
    failure = said.failed;
    host.options.log.warn("a forked sandbox could not isolate itself", { id, failure });
  };
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (heard + chunk).split("\n");
    heard = lines.pop() ?? "";
    for (const line of lines) hear(line);
  });
  socket.on("error", () => undefined);
  socket.once("close", () => {
    first.reject(new Error(failure));
    second.reject(new Error(failure));
    // Its first process was killed, and the kernel killed it with that.
    ended.resolve({ code: undefined, signal: "SIGKILL" });
  });
  return {
    line: { first: first.promise, second: second.promise, ended: ended.promise, hangUp: () => socket.destroy() },
    lineFar: far,
  };
}

function withinTime<T>(host: OciHost, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = host.options.clock.schedule(FORK_WAIT_MS, () => late.reject(new Error("the fork is not up in time")));
  return Promise.race([answer, late.promise]).finally(() => timer.cancel());
}
