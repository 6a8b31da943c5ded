/** Goal: no zip makes anything outside of its folder or grows past the limit. Method: sound zips by a library, then bent. */
import assert from "node:assert/strict";
import { lstat, mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { zipOf } from "./testing/zips.ts";
import { unzip } from "./unzip.ts";
import { linkEndsInside } from "./zip-plan.ts";

const MAX = 1_000_000;

async function inFolder(work: (target: string, parent: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), "lambent-unzip-"));
  try {
    await work(join(parent, "target"), parent);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

function refused(zip: Uint8Array, problem: "unreadable" | "too-large" = "unreadable", maxBytes = MAX): Promise<void> {
  return inFolder(async (target, parent) => {
    await assert.rejects(unzip(zip, target, maxBytes), { name: "ZipRejected", problem });
    assert.deepEqual(
      (await readdir(parent)).filter((name) => name !== "target"),
      [],
    );
  });
}

/** The same zip with every occurrence of one name replaced by another of the same length. */
function renamed(zip: Buffer, from: string, to: string): Buffer {
  assert.equal(from.length, to.length);
  return Buffer.from(zip.toString("latin1").replaceAll(from, to), "latin1");
}

/** Offset of the first entry in the central directory. */
function centralEntry(zip: Buffer): number {
  return zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
}

test("files, folders, executables and inner links come out as they went in, readable by all", () =>
  inFolder(async (target) => {
    const zip = await zipOf({
      "index.mjs": { content: "x", mode: 0o100600 },
      "bin/run": { content: "#!/bin/sh\n", mode: 0o104755 },
      "empty/": "",
      "deep/er/file": "y",
      "bin/link": { content: "../index.mjs", mode: 0o120777 },
    });
    assert.equal(await unzip(zip, target, MAX), 1 + 10 + 1 + 12);
    assert.equal((await stat(join(target, "index.mjs"))).mode & 0o7777, 0o644);
    assert.equal((await stat(join(target, "bin/run"))).mode & 0o7777, 0o755);
    assert.equal((await stat(join(target, "empty"))).mode & 0o7777, 0o755);
    assert.equal(await readFile(join(target, "deep/er/file"), "utf8"), "y");
    assert.equal(await readlink(join(target, "bin/link")), "../index.mjs");
    assert.ok((await lstat(join(target, "bin/link"))).isSymbolicLink());
  }));

test("a name that leaves the folder, or is absolute, is refused", async () => {
  const zip = await zipOf({ "aa/bb.txt": "x" });
  for (const name of ["../bb.txt", "aa/../../", "/a/bb.txt", "C:/bb.txt", "..\\bb.txt", "aa\0bb.txt"]) {
    await refused(renamed(zip, "aa/bb.txt", name.padEnd(9, "x").slice(0, 9)));
  }
});

test("a link that leads out of the folder is refused, also by way of other links", async () => {
  const link = (content: string) => ({ content, mode: 0o120777 });
  await refused(await zipOf({ out: link("../outside") }));
  await refused(await zipOf({ out: link("/etc/passwd") }));
  await refused(await zipOf({ "a/b/up": link("../.."), out: link("a/b/up/../x") }));
  await refused(await zipOf({ a: link("b"), b: link("a") }));
});

test("nothing is written through a link or below a file", async () => {
  const link = { content: "sub", mode: 0o120777 };
  await refused(await zipOf({ "sub/": "", door: link, "door/file": "x" }));
  await refused(await zipOf({ plain: "x", "plain/file": "y" }));
});

test("a name that occurs twice is refused", async () => {
  await refused(renamed(await zipOf({ "one.txt": "1", "two.txt": "2" }), "two.txt", "one.txt"));
});

test("devices, pipes and sockets are refused", async () => {
  for (const mode of [0o010644, 0o020644, 0o060644, 0o140644])
    await refused(await zipOf({ odd: { content: "", mode } }));
});

test("the limit counts the bytes that are written, whatever the zip claims", async () => {
  const zip = await zipOf({ big: "0".repeat(200_000) });
  assert.ok(zip.length < 1000);
  await refused(zip, "too-large", 100_000);
  const lying = Buffer.from(zip);
  lying.writeUInt32LE(10, centralEntry(lying) + 24);
  await refused(lying, "unreadable");
});

test("what is broken is refused: not a zip, truncated, wrong checksum, encrypted, unknown compression", async () => {
  const zip = await zipOf({ file: "some content that is long enough to be compressed, compressed, compressed" });
  await refused(Buffer.from("this is no zip"));
  await refused(new Uint8Array());
  await refused(zip.subarray(0, zip.length - 30));
  await refused(zip.subarray(20));
  const at = centralEntry(zip);
  const checksum = Buffer.from(zip);
  checksum.writeUInt32LE(0x12345678, at + 16);
  await refused(checksum);
  const encrypted = Buffer.from(zip);
  encrypted.writeUInt16LE(encrypted.readUInt16LE(at + 8) | 1, at + 8);
  await refused(encrypted);
  const method = Buffer.from(zip);
  method.writeUInt16LE(99, at + 10);
  await refused(method);
});

test("where a link ends is found as the system would find it", () => {
  const links = new Map([
    ["a/b/up", "../.."],
    ["loop", "loop"],
  ]);
  assert.equal(linkEndsInside("x", "a/b/c/../../..", links), true);
  assert.equal(linkEndsInside("x", "a/b/up/..", links), false);
  assert.equal(linkEndsInside("deep/x", "../../y", links), false);
  assert.equal(linkEndsInside("x", "loop", links), false);
  assert.equal(linkEndsInside("x", "not/there/yet", links), true);
});
