import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { lineLog, UserError } from "../../base/index.ts";
import { createRuntimes, type Runtimes } from "../runtimes.ts";
import { createFolderAtomically } from "./atomic-folder.ts";
import { choose, type Version } from "./choice.ts";
import { nodePackage } from "./node-packages.ts";
import type { ProgressStep } from "./progress.ts";

const folder = mkdtempSync(join(tmpdir(), "lambent-interpreters-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let machine = "";
let calls = "";
beforeEach(() => {
  machine = mkdtempSync(join(folder, "machine-"));
  calls = join(machine, "calls");
  writeFileSync(calls, "");
});

/** A program that says `says` and notes that it was run. */
function program(path: string, says: string, mode = 0o755): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${path}" >> "${calls}"\necho '${says}'\n`);
  chmodSync(path, mode);
  return path;
}

/** A Python as pyenv lays it out; the interpreter itself only answers the question that is asked of it. */
function python(version: string): string {
  const prefix = join(machine, "home/.pyenv/versions", version);
  const [major, minor, patch] = version.split(".");
  const library = join(prefix, "lib", `python${major}.${minor}`);
  mkdirSync(library, { recursive: true });
  writeFileSync(join(library, "os.py"), "");
  const answer = JSON.stringify([[Number(major), Number(minor), Number(patch)], prefix, `python${major}.${minor}`]);
  program(join(prefix, "bin", `python${major}.${minor}`), answer);
  program(join(prefix, "bin/python3"), answer);
  return prefix;
}

/** A machine without network whose PATH and home hold only what a test put there. */
function runtimes(options: { hostNode?: string; steps?: ProgressStep[] } = {}): Runtimes {
  return createRuntimes({
    cacheFolder: join(machine, "cache"),
    hostNode: options.hostNode ?? join(machine, "no-node"),
    log: lineLog("error", (line) => process.stderr.write(line)),
    progress: (step) => options.steps?.push(step),
    env: {
      HOME: join(machine, "home"),
      PATH: `${join(machine, "bin")}:${dirname(process.execPath)}:/usr/bin:/bin`,
      npm_config_registry: "http://127.0.0.1:9/",
      npm_config_cache: join(machine, "npm"),
      npm_config_fetch_retries: "0",
    },
  });
}

async function find(name: string, from: Runtimes, strict = false) {
  const runtime = from.get(name);
  assert.ok(runtime !== undefined);
  return runtime.findInterpreter({ strict });
}

test("the server's own Node.js serves where it fits, with its binary alone at AWS's place", async () => {
  const host = program(join(machine, "host/node"), "v26.10.0");
  assert.deepEqual(await find("nodejs26.x", runtimes({ hostNode: host })), {
    version: "26.10.0",
    program: host,
    mounts: [{ source: host, target: "/var/lang/bin/node" }],
  });
});

test("a Node.js of the right major that the person has spares the download", async () => {
  program(join(machine, "home/.nvm/versions/node/v22.1.0/bin/node"), "v22.1.0");
  const newest = program(join(machine, "home/.nvm/versions/node/v22.9.0/bin/node"), "v22.9.0");
  const steps: ProgressStep[] = [];
  const found = await find("nodejs22.x", runtimes({ steps }));
  assert.deepEqual([found.program, found.notice], [newest, undefined]);
  assert.deepEqual(steps, []);
});

test("offline, the nearest Node.js stands in with a notice; strict refuses and says how to get it", async () => {
  const host = program(join(machine, "host/node"), "v26.10.0");
  const steps: ProgressStep[] = [];
  const offline = runtimes({ hostNode: host, steps });
  const found = await find("nodejs24.x", offline);
  assert.equal(found.program, host);
  assert.match(found.notice ?? "", /^nodejs24\.x runs on Node\.js 26\.10\.0: .*offline/);
  assert.deepEqual(
    steps.map(({ state }) => state),
    ["started", "failed"],
  );
  await assert.rejects(find("nodejs24.x", offline, true), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.code, "runtime-not-available");
    assert.match(error.nextStep ?? "", /nvm install 24/);
    return true;
  });
  assert.deepEqual(readdirSync(join(machine, "cache/node")), [], "nothing half installed is left");
});

test("an interpreter is asked once; its answer is remembered until the file changes", async () => {
  const host = program(join(machine, "host/node"), "v26.10.0");
  await find("nodejs26.x", runtimes({ hostNode: host }));
  await find("nodejs26.x", runtimes({ hostNode: host }));
  assert.equal(readFileSync(calls, "utf8"), `${host}\n`);
  program(host, "v26.11.0");
  assert.equal((await find("nodejs26.x", runtimes({ hostNode: host }))).version, "26.11.0");
});

test("a broken cache of answers is not an obstacle", async () => {
  const host = program(join(machine, "host/node"), "v26.10.0");
  mkdirSync(join(machine, "cache"));
  writeFileSync(join(machine, "cache/interpreters.json"), "{broken");
  assert.equal((await find("nodejs26.x", runtimes({ hostNode: host }))).version, "26.10.0");
});

test("a Node.js that the sandbox's user may not run is passed over", async () => {
  program(join(machine, "home/.nvm/versions/node/v22.1.0/bin/node"), "v22.1.0", 0o700);
  await assert.rejects(find("nodejs22.x", runtimes(), true), UserError);
});

test("Python is found by its exact minor version and mounted at AWS's place", async () => {
  const prefix = python("3.12.4");
  python("3.13.1");
  const found = await find("python3.12", runtimes());
  assert.deepEqual([found.version, found.notice], ["3.12.4", undefined]);
  assert.deepEqual(found.mounts[0], { source: prefix, target: "/var/lang" });
  assert.equal(found.mounts.at(-1)?.target, "/var/lambent");
});

test("a Python with a shared library is mounted at its own path too, where the library is looked for", async () => {
  const prefix = python("3.12.4");
  writeFileSync(join(prefix, "lib/libpython3.12.so.1.0"), "");
  const { mounts } = await find("python3.12", runtimes());
  assert.deepEqual(
    mounts.slice(0, 2).map(({ target }) => target),
    ["/var/lang", prefix],
  );
});

test("the nearest Python stands in with a notice; strict refuses and says how to get it", async () => {
  python("3.13.1");
  assert.match((await find("python3.15", runtimes())).notice ?? "", /^python3\.15 runs on Python 3\.13\.1: /);
  await assert.rejects(find("python3.15", runtimes(), true), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.match(error.nextStep ?? "", /uv python install 3\.15/);
    return true;
  });
});

test("the wanted line wins, then the nearest, the newer of two as near", () => {
  const scheme = { line: ([major]: Version) => major, lowest: 16 };
  const have = (...majors: number[]) => majors.map((major) => ({ version: [major, 1, 0] as const }));
  assert.equal(choose(have(20, 22, 26), 22, scheme)?.version[0], 22);
  assert.equal(choose(have(20, 26), 22, scheme)?.version[0], 20);
  assert.equal(choose(have(20, 24), 22, scheme)?.version[0], 24);
  assert.equal(choose(have(14), 20, scheme), undefined);
});

test("every platform that npm serves has one exact version per runtime", () => {
  for (const platform of ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]) {
    for (const major of [20, 22, 24, 26]) {
      assert.match(nodePackage(platform, major)?.version ?? "", new RegExp(`^${major}\\.\\d+\\.\\d+$`));
    }
  }
  assert.equal(nodePackage("plan9-x64", 26), undefined);
});

test("a folder that two fill at once is there whole, and one that fails is not there at all", async () => {
  const target = join(machine, "a/b");
  const fill = (content: string) => async (scratch: string) => {
    mkdirSync(join(scratch, "x"));
    writeFileSync(join(scratch, "x/file"), content);
    return join(scratch, "x");
  };
  await Promise.all([createFolderAtomically(target, fill("1")), createFolderAtomically(target, fill("2"))]);
  assert.match(readFileSync(join(target, "file"), "utf8"), /^[12]$/);
  const failing = createFolderAtomically(join(machine, "a/c"), () => Promise.reject(new Error("no room")));
  await assert.rejects(failing, /no room/);
  assert.deepEqual(readdirSync(join(machine, "a")), ["b"]);
});
