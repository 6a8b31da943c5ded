import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { until } from "../base/testing/until.ts";
import { headKey } from "./records.ts";
import { ACCOUNT, Harness, REGION } from "./testing/harness.ts";
import { zipOf } from "./testing/zips.ts";

const GRACE_MS = 16 * 60_000;

async function unpackedFolders(lambda: Harness): Promise<string[]> {
  return (await readdir(join(lambda.folder, "code"))).filter((name) => /^[0-9a-f]{64}$/.test(name));
}

test("code that nobody refers to any more stays for the longest invocation and then goes", async () => {
  const clock = new ManualClock();
  await using lambda = await Harness.open({ clock });
  await lambda.create("a", "export const handler = () => 1;");
  await lambda.create("b", "export const handler = () => 1;");
  assert.equal((await unpackedFolders(lambda)).length, 1);
  await lambda.call("DeleteFunction", { FunctionName: "a" });
  clock.advance(GRACE_MS + 1);
  await sleep(20);
  assert.equal((await unpackedFolders(lambda)).length, 1);
  const [sha256 = ""] = await unpackedFolders(lambda);
  await lambda.call("DeleteFunction", { FunctionName: "b" });
  clock.advance(GRACE_MS - 1);
  assert.equal((await unpackedFolders(lambda)).length, 1);
  clock.advance(2);
  await until("the folder is gone", async () => (await unpackedFolders(lambda)).length === 0);
  await until("the zip is gone", async () => (await lambda.store.blobs.stat(sha256)) === undefined);
});

test("code that an update replaced is collected although the update was in progress at the time", async () => {
  const clock = new ManualClock();
  await using lambda = await Harness.open({ clock });
  await lambda.create("a", "export const handler = () => 1;");
  const ZipFile = await zipOf({ "index.mjs": "export const handler = () => 2;" });
  await lambda.call("UpdateFunctionCode", { FunctionName: "a", ZipFile });
  assert.equal((await unpackedFolders(lambda)).length, 2);
  clock.advance(GRACE_MS + 1);
  await until("one folder is left", async () => (await unpackedFolders(lambda)).length === 1);
  assert.equal(await lambda.invoke("a"), 2);
});

test("a start removes what a killed server left half done and keeps what functions use", async () => {
  await using lambda = await Harness.open();
  await lambda.create("kept", "export const handler = () => 1;");
  const code = join(lambda.folder, "code");
  await mkdir(join(code, "tmp-half"));
  await mkdir(join(code, "0".repeat(64)));
  await lambda.restart();
  await until("the folder is back", async () =>
    (await readdir(code)).every((name) => !name.startsWith("tmp-") && !name.startsWith("0000")),
  );
  assert.equal((await unpackedFolders(lambda)).length, 1);
});

test("after a restart of the machine folders are not trusted, but made anew from the stored zip", async () => {
  await using lambda = await Harness.open();
  await lambda.create("kept", "export const handler = () => 1;");
  const code = join(lambda.folder, "code");
  const [sha256 = ""] = await unpackedFolders(lambda);
  await writeFile(join(code, ".boot"), "another boot");
  await writeFile(join(code, sha256, "index.mjs"), "");
  await lambda.restart();
  assert.equal(await lambda.invoke("kept"), 1);
  assert.notEqual(await readFile(join(code, sha256, "index.mjs"), "utf8"), "");
  await until("stale folders are gone", async () =>
    (await readdir(lambda.folder)).every((name) => !name.includes("stale")),
  );
});

test("a zip that is refused leaves nothing behind", async () => {
  await using lambda = await Harness.open();
  await assert.rejects(lambda.create("bad", "", { Code: { ZipFile: Buffer.from("no zip") } }), {
    name: "InvalidParameterValueException",
    message: "Could not unzip uploaded file. Please check your file, then try to upload again.",
  });
  assert.deepEqual(await readdir(join(lambda.folder, "code")), [".boot"]);
  assert.deepEqual((await lambda.call("ListFunctions", {})).Functions, []);
});

test("a record that cannot be read is passed over, and no code is taken for unused because of it", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", "export const handler = () => 1;");
  const key = headKey({ accountId: ACCOUNT, region: REGION }, "f");
  const stored = (await lambda.store.records.get(key))?.value ?? null;
  await lambda.store.records.put(key, { ...Object(stored), latest: "of another time" });
  await lambda.restart();
  await assert.rejects(lambda.invoke("f"), { name: "ResourceNotFoundException" });
  await lambda.store.records.put(key, stored);
  await lambda.restart();
  assert.equal(await lambda.invoke("f"), 1);
});
