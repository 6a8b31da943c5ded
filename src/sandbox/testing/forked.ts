/** A driver whose sandboxes are forked from a template and then become the program that the test asked for. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Mount, Sandbox, SandboxDriver, SandboxSpec } from "../driver.ts";

const SOURCES = join(import.meta.dirname, "..", "..");
const MOUNTS: readonly Mount[] = [
  { source: join(SOURCES, "runtimes/python/bootstrap"), target: "/var/lambent" },
  { source: join(SOURCES, "sandbox/fixtures"), target: "/var/fixtures" },
];
const ARGS = ["/usr/bin/python3", "-u", "/var/fixtures/template.py"];

/** The same driver, with every sandbox forked; a sandbox that was not is a failed test. */
export function forkedDriver(driver: SandboxDriver): SandboxDriver {
  return {
    get isolation() {
      return driver.isolation;
    },
    prepare: () => driver.prepare(),
    create: async (spec) => becoming(spec, await driver.create(forkedSpec(spec))),
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

/** Mounts are part of the key: a template has them from its start. */
function forkedSpec(spec: SandboxSpec): SandboxSpec {
  const mounts = [...spec.mounts, ...MOUNTS];
  const key = JSON.stringify(mounts);
  return {
    ...spec,
    // Without a template there is nothing to tell the program to: the sandbox ends, and the test fails.
    args: ["/bin/sh", "-c", "echo this sandbox was not forked >&2; exit 99"],
    env: { PATH: "/usr/bin:/bin" },
    mounts,
    template: { key, args: ARGS, patient: true },
  };
}

function becoming(spec: SandboxSpec, sandbox: Sandbox): Sandbox {
  const { id, channel, stdout, stderr, exited } = sandbox;
  const { args, env, cwd } = spec;
  return {
    id,
    channel,
    stdout,
    stderr,
    exited: exited.then((exit) => {
      assert.notEqual(exit.code, 99, "this sandbox was not forked");
      return exit;
    }),
    pathInside: (path) => sandbox.pathInside(path),
    attach: async (assignment) => {
      await sandbox.attach(assignment);
      channel.write(`${JSON.stringify({ args, env, cwd })}\n`);
    },
    listen: (server, host, port) => sandbox.listen(server, host, port),
    usage: () => sandbox.usage(),
    takeRefusedPorts: () => sandbox.takeRefusedPorts(),
    signal: (name) => sandbox.signal(name),
    freeze: () => sandbox.freeze(),
    thaw: () => sandbox.thaw(),
    keepTmp: () => sandbox.keepTmp(),
    destroy: () => sandbox.destroy(),
  };
}
