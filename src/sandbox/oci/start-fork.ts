/**
 * Starts one sandbox by a fork of a template instead of an OCI runtime. The fork isolates itself by the steps it is sent
 * and waits with its rights; `place` gives it its last mounts and takes the rights from it. Invariant: when `startFork`
 * throws, nothing of the sandbox is left.
 */
import { closeSync, openSync } from "node:fs";
import { Cgroup } from "../cgroup/cgroup.ts";
import type { SandboxSpec } from "../driver.ts";
import { hasErrorCode } from "../errors.ts";
import { FORK_WAIT_MS } from "../limits.ts";
import { sendMessage } from "../linux/descriptors.ts";
import { makeBindMount } from "../linux/mounts.ts";
import { createPipe } from "../linux/sockets.ts";
import { type OciConfig, ociConfig } from "./config.ts";
import { attachSteps, type KeptRights, keepRights, startSteps } from "./fork-steps.ts";
import type { OciHost } from "./host.ts";
import { keptMount } from "./kept-tmp.ts";
import { claimSlot, makeSlot, openStreams, type PlacedMount, removeTraces, type StartedContainer } from "./start.ts";
import type { Fork, Template } from "./template.ts";
import type { ForkTools } from "./templates.ts";

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
  const line = openLine();
  undo.defer(() => line.hangUp());
  const { filter, template } = tools;
  const rights = keepRights(tools.syscalls, config, { filter, bounding: template.bounding, keep: template.keep });
  const forking = request(host, spec, { ...tools, config, network: network.namespace, line: line.far, far });
  // They are collected also when they come too late.
  const children = forking.then(({ first, second, lost }) => {
    const ended = host.children.wait(second);
    void ended.then(lost);
    return [host.children.wait(first), ended] as const;
  });
  // Told by `forking` itself.
  children.catch(() => undefined);
  const { second: pid, up } = await withinTime(host, forking);
  const [gone, ended] = await children;
  await withinTime(host, up);
  undo.move();
  const end = async (): Promise<void> => {
    line.hangUp();
    await gone;
  };
  const { channel, channelFd, stdout, stderr } = near;
  return {
    pid,
    ended,
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
async function request(host: OciHost, spec: SandboxSpec, parts: Parts): Promise<Fork> {
  const { syscalls, template, config, network, line, far } = parts;
  using sent = new DisposableStack();
  for (const fd of [line, ...far]) sent.defer(() => closeSync(fd));
  // Its limits come with its code: nothing that waits inside until then is anybody's.
  const cgroup = new Cgroup(host.options.layout, host.cgroupPath(spec.id));
  const groups = cgroup.createLean().map((file) => sent.adopt(openSync(file, "w"), closeSync));
  const passwd = sent.adopt(makeBindMount(`${host.path("slots", spec.id)}/passwd`), (mount) => mount.close());
  const steps = startSteps(syscalls, config, groups.length, template.keep);
  const descriptors = [line, ...far, network, passwd.descriptor, ...groups];
  const open = sent.move();
  return template.fork(syscalls, steps, descriptors, () => open.dispose());
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

/** A pipe that a fork's first process waits at: `hangUp` ends it, and with it everything in its namespace. Idempotent. */
function openLine(): { readonly far: number; hangUp(): void } {
  const { readEnd, writeEnd } = createPipe();
  let open = true;
  const hangUp = (): void => {
    if (open) closeSync(writeEnd);
    open = false;
  };
  return { far: readEnd, hangUp };
}

function withinTime<T>(host: OciHost, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = host.options.clock.schedule(FORK_WAIT_MS, () => late.reject(new Error("the fork is not up in time")));
  return Promise.race([answer, late.promise]).finally(() => timer.cancel());
}
