import assert from "node:assert/strict";
import { test } from "node:test";
import { ociConfig, type Placement } from "./config.ts";

const place: Placement = {
  root: "/run/x/root",
  slot: "/run/x/slots/one",
  cgroupPath: "/lambent/x/one",
  networkNamespace: "/proc/1/fd/9",
  uid: 1_073_741_824,
  openFilesMax: 65_536,
  cgroupVersion: 1,
  architecture: "x64",
};
const spec = {
  id: "one",
  args: ["/bin/true"],
  env: { A: "1", B: "two words" },
  cwd: "/",
  mounts: [
    { source: "/opt/node", target: "/var/lang" },
    { source: "/srv/cache", target: "/var/cache", writable: true },
  ],
  limits: { memoryMb: 1769, pids: 1024, openFiles: 1024, tmpMb: 512 },
};

test("a sandbox has namespaces of its own and joins the prepared network", () => {
  const namespaces = ociConfig(spec, place).linux.namespaces;
  assert.deepEqual(namespaces.map(({ type }) => type).sort(), ["ipc", "mount", "network", "pid", "uts"]);
  assert.equal(namespaces.find(({ type }) => type === "network")?.path, "/proc/1/fd/9");
  assert.ok(ociConfig(spec, { ...place, cgroupVersion: 2 }).linux.namespaces.some(({ type }) => type === "cgroup"));
});

test("all five capability sets are empty and no new privileges can be gained", () => {
  const { capabilities, noNewPrivileges, user } = ociConfig(spec, place).process;
  assert.deepEqual(Object.values(capabilities), [[], [], [], [], []]);
  assert.equal(noNewPrivileges, true);
  assert.deepEqual(user, { uid: place.uid, gid: place.uid });
});

test("every mount refuses set-user-id programs, and given ones are read-only unless they say otherwise", () => {
  const { mounts, root } = ociConfig(spec, place);
  assert.equal(root.readonly, true);
  for (const mount of mounts) assert.ok(mount.options.includes("nosuid"), mount.destination);
  const options = (destination: string) => mounts.find((mount) => mount.destination === destination)?.options;
  assert.ok(options("/var/lang")?.includes("ro"));
  assert.ok(options("/var/cache")?.includes("rw"));
  assert.ok(options("/var/task")?.includes("rslave"), "what the host mounts later must arrive");
});

test("memory limits include swap, and CPU weight follows memory: 1769 MB is one CPU", () => {
  const { resources } = ociConfig(spec, place).linux;
  assert.deepEqual(resources?.memory, { limit: 1769 * 2 ** 20, swap: 1769 * 2 ** 20 });
  assert.deepEqual(resources?.cpu, { shares: 1024 });
  const half = ociConfig({ ...spec, limits: { ...spec.limits, cpuQuota: 0.5 } }, place).linux.resources?.cpu;
  assert.deepEqual(half, { shares: 1024, quota: 50_000, period: 100_000 });
});

test("seccomp denies making namespaces by every call that can, and hides clone3", () => {
  const { syscalls } = ociConfig(spec, place).linux.seccomp;
  const refused = new Set(syscalls.filter(({ errnoRet }) => errnoRet === 1).flatMap(({ names }) => names));
  for (const name of ["unshare", "setns", "clone", "mount", "pivot_root", "bpf", "keyctl", "ptrace"])
    assert.ok(refused.has(name), name);
  assert.equal(syscalls.find(({ names }) => names.includes("clone3"))?.errnoRet, 38);
  const flags = syscalls.filter(({ names }) => names.includes("clone")).map(({ args }) => args?.[0]?.value ?? 0);
  assert.equal(
    flags.reduce((all, flag) => all | flag, 0),
    0x7e020000,
  );
});

test("the environment is exactly the one given", () => {
  assert.deepEqual(ociConfig(spec, place).process.env, ["A=1", "B=two words"]);
});

test("a sandbox gets the open files it asks for, or what the server itself may have", () => {
  const files = (openFilesMax: number) =>
    ociConfig(spec, { ...place, openFilesMax }).process.rlimits.find(({ type }) => type === "RLIMIT_NOFILE");
  assert.deepEqual(files(65_536), { type: "RLIMIT_NOFILE", soft: 1024, hard: 1024 });
  assert.deepEqual(files(256), { type: "RLIMIT_NOFILE", soft: 256, hard: 256 });
});
