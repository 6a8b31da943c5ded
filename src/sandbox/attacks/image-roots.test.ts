/** A container image is hostile: what its layers hold must not reach the host, nor move what the driver puts above them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { systemRandom } from "../../base/index.ts";
import type { SandboxDriver } from "../index.ts";
import { LIMITS, withDriver } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "lambent-image-roots-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const base = shellLayer(join(folder, "base"));

/** This machine's shell and a few programs, with their libraries. */
function shellLayer(root: string): string {
  for (const program of [
    "/bin/sh",
    "/bin/cat",
    "/bin/ls",
    "/usr/bin/id",
    "/usr/bin/touch",
    "/usr/bin/head",
    "/bin/readlink",
    "/usr/bin/stat",
  ]) {
    const real = realpathSync(program);
    put(root, real, program);
    const listed = execFileSync("ldd", [real], { encoding: "utf8" });
    for (const [, path = ""] of listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)) put(root, realpathSync(path), path);
  }
  return root;
}

function put(root: string, source: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  copyFileSync(source, join(root, path));
  chmodSync(join(root, path), 0o755);
}

async function run(driver: SandboxDriver, script: string, ...layers: readonly string[]): Promise<string> {
  const sandbox = await driver.create({
    id: `image-${systemRandom.hex(4)}`,
    args: ["/bin/sh", "-c", `read _ <&3; ${script}`],
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    mounts: [],
    root: { layers: [base, ...layers] },
    limits: LIMITS,
  });
  await sandbox.attach({ mounts: [], limits: LIMITS });
  sandbox.channel.write("go\n");
  const [stdout, stderr] = await Promise.all([text(sandbox.stdout), text(sandbox.stderr), sandbox.exited]);
  await sandbox.destroy();
  return stdout + stderr;
}

test("an image's root holds its layers and nothing of the host's, and cannot be written", async () => {
  await withDriver(async (driver) => {
    const said = await run(driver, "ls / /etc; touch /bin/x /new; echo x >/etc/passwd; touch /tmp/there && ls /tmp");
    assert.doesNotMatch(said, /\b(home|root|sys|boot)\n/);
    assert.equal(said.match(/Read-only file system/g)?.length, 3, said);
    assert.match(said, /^there$/m);
  });
});

test("set-uid programs and device files of an image are harmless, whoever unpacked them", async () => {
  const layer = join(folder, "setuid");
  put(layer, realpathSync("/usr/bin/id"), "/usr/bin/root-id");
  chmodSync(join(layer, "usr/bin/root-id"), 0o6755);
  execFileSync("mknod", [join(layer, "mem"), "c", "1", "8"]);
  chmodSync(join(layer, "mem"), 0o666);
  await withDriver(async (driver) => {
    const said = await run(driver, "root-id -u; head -c 1 /mem; cat /proc/self/mountinfo", layer);
    assert.doesNotMatch(said.split("\n")[0] ?? "", /^0$/);
    assert.match(said, /\/mem.*Permission denied/);
    const root = said.split("\n").find((line) => line.split(" ")[4] === "/") ?? "";
    for (const flag of ["ro", "nosuid", "nodev"]) assert.match(root, new RegExp(`[ ,]${flag}[ ,]`), root);
  });
});

test("links in an image move no mount out of it and none of the driver's files away", async () => {
  const layer = join(folder, "links");
  mkdirSync(layer, { recursive: true });
  const outside = join(folder, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), "host");
  for (const name of ["tmp", "proc", "dev", "etc", ".lambent"]) symlinkSync(outside, join(layer, name));
  await withDriver(async (driver) => {
    const said = await run(
      driver,
      "for p in /tmp /proc /dev /etc; do readlink $p; stat -c %F $p; done; cat /etc/passwd; ls /tmp; cat /proc/self/status; ls /dev; touch /tmp/mine",
      layer,
    );
    assert.equal(said.match(/^directory$/gm)?.length, 4, said);
    assert.match(said, /^sbx_user1051:x:\d+/m);
    assert.doesNotMatch(said, /secret/);
    assert.match(said, /^NoNewPrivs:\s+1$/m);
    assert.match(said, /^CapEff:\s+0+$/m);
  });
  assert.equal(readFileSync(join(outside, "secret"), "utf8"), "host");
});

test("an image's users are nobody here: its passwd counts for nothing", async () => {
  const layer = join(folder, "users");
  mkdirSync(join(layer, "etc"), { recursive: true });
  writeFileSync(join(layer, "etc/passwd"), "evil:x:0:0::/:/bin/sh\n");
  writeFileSync(join(layer, "etc/hosts"), "6.6.6.6 localhost\n");
  await withDriver(async (driver) => {
    const said = await run(driver, "id -un; id -u; cat /etc/passwd /etc/hosts", layer);
    assert.match(said, /^sbx_user1051$/m);
    assert.doesNotMatch(said, /evil|6\.6\.6\.6/);
  });
});

test("memory and processes are limited in an image's root as elsewhere", async () => {
  await withDriver(async (driver) => {
    const bomb = await run(driver, 'x=x; while :; do x="$x$x"; done; echo survived');
    assert.doesNotMatch(bomb, /survived/);
  });
});
