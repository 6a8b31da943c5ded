import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import yauzl from "yauzl";
import { UserError } from "../../base/index.ts";
import { zipFolder } from "./zip.ts";

async function folderWith(files: Readonly<Record<string, string>>): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "lambent-zip-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Names and modes of what is in the zip. */
async function entriesOf(zip: Buffer): Promise<ReadonlyMap<string, number>> {
  const entries = new Map<string, number>();
  const file = await yauzl.fromBufferPromise(zip);
  for await (const entry of file.eachEntry()) entries.set(entry.fileName, entry.externalFileAttributes >>> 16);
  return entries;
}

const pack = async (path: string): Promise<Buffer> => (await zipFolder(path, () => undefined)).zip;

test("a folder is packed with its subfolders, and what .lambdaignore names stays out", async () => {
  await using folder = await folderWith({
    "index.mjs": "1",
    "lib/a.mjs": "2",
    "notes/secret.txt": "3",
    "lib/a.test.mjs": "4",
    ".git/HEAD": "5",
    ".lambdaignore": "notes/\n*.test.mjs\n",
  });
  assert.deepEqual([...(await entriesOf(await pack(folder.path))).keys()], ["index.mjs", "lib/a.mjs"]);
});

test("execute bits stay", async () => {
  await using folder = await folderWith({ bootstrap: "#!/bin/sh\n", "data.txt": "x" });
  await chmod(join(folder.path, "bootstrap"), 0o700);
  const entries = await entriesOf(await pack(folder.path));
  assert.equal(entries.get("bootstrap"), 0o100755);
  assert.equal(entries.get("data.txt"), 0o100644);
});

test("the same content gives the same bytes, whenever it was written", async () => {
  await using folder = await folderWith({ "index.mjs": "1", "lib/a.mjs": "2" });
  const hash = async (): Promise<string> =>
    createHash("sha256")
      .update(await pack(folder.path))
      .digest("hex");
  const before = await hash();
  await utimes(join(folder.path, "index.mjs"), 1_000_000, 1_000_000);
  assert.equal(await hash(), before);
});

test("links are followed, and a loop of links ends", async () => {
  await using folder = await folderWith({ "index.mjs": "1", "lib/a.mjs": "2" });
  await symlink("../index.mjs", join(folder.path, "lib/link.mjs"));
  await symlink("..", join(folder.path, "lib/up"));
  assert.deepEqual([...(await entriesOf(await pack(folder.path))).keys()], ["index.mjs", "lib/a.mjs", "lib/link.mjs"]);
});

test("an empty folder is refused", async () => {
  await using folder = await folderWith({ ".lambdaignore": "" });
  await assert.rejects(pack(folder.path), (error) => error instanceof UserError && error.code === "empty-folder");
});

test("progress counts every file", async () => {
  await using folder = await folderWith({ a: "1", b: "2", c: "3" });
  const seen: string[] = [];
  await zipFolder(folder.path, (done, all) => seen.push(`${done}/${all}`));
  assert.deepEqual(seen, ["1/3", "2/3", "3/3"]);
});
