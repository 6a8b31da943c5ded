/** The root users' keys: made once, readable by their owner alone, one for every account. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemRandom } from "./base/index.ts";
import { openRootCredentials, readRootCredentials, rootCredentialsFile } from "./root-credentials.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lambent-root-"));
});
after(() => rm(folder, { recursive: true }));

const open = (given?: { accessKeyId: string; secretAccessKey: string }) =>
  openRootCredentials(folder, { given, random: systemRandom });

test("keys are made once, in AWS's form, and closed to others again where they were opened", async () => {
  assert.equal(readRootCredentials(folder, undefined), undefined);
  const first = (await open()).of("000000000000");
  const path = rootCredentialsFile(folder);
  assert.match(await readFile(path, "utf8"), new RegExp(`\\[default\\]\naws_access_key_id = ${first.accessKeyId}\n`));
  await chmod(path, 0o644);
  assert.deepEqual((await open()).of("000000000000").secretAccessKey, first.secretAccessKey);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test("every account has a key of its own, known by its id, and no other id is", async () => {
  const roots = await open();
  const one = roots.of("111122223333");
  const other = roots.of("111122223334");
  assert.notEqual(one.secretAccessKey, other.secretAccessKey);
  assert.deepEqual(roots.find(one.accessKeyId), one);
  assert.deepEqual(readRootCredentials(folder, undefined)?.of("111122223333"), one);
  const changed = `${one.accessKeyId.slice(0, -1)}${one.accessKeyId.endsWith("A") ? "B" : "A"}`;
  for (const id of [changed, "111122223333", "test", ""]) assert.equal(roots.find(id), undefined, id);
});

test("a key that the configuration names takes the place of the default account's", async () => {
  const before = (await open()).of("000000000000");
  const given = { accessKeyId: "mine", secretAccessKey: "secret" };
  const roots = await open(given);
  assert.deepEqual(roots.find("mine"), { ...roots.of("000000000000"), ...given });
  assert.equal(roots.find(before.accessKeyId), undefined);
});

test("a file that is not complete is refused", async () => {
  await writeFile(rootCredentialsFile(folder), "[default]\n");
  await assert.rejects(open(), { code: "root-credentials-unusable" });
});
