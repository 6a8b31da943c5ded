/** Code that stays in S3 (`S3ObjectStorageMode=REFERENCE`): what is shown, read, refused and lost. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ManualClock } from "../base/testing/manual-clock.ts";
import { until } from "../base/testing/until.ts";
import { ACCOUNT, ARN, Harness, REGION } from "./testing/harness.ts";
import { type VersionedS3, versionedS3 } from "./testing/versioned-s3.ts";
import { zipOf } from "./testing/zips.ts";

const HOUR_MS = 60 * 60_000;
const LAMBDA = "lambda.amazonaws.com";
const INACTIVE = /The function is currently in the following state: Inactive\./;
const REFERENCE = "REFERENCE";

const says = (word: string): Promise<Uint8Array> => zipOf({ "index.mjs": `export const handler = () => "${word}";` });

function codeIn(S3Key: string, S3ObjectVersion?: string, S3Bucket = "code") {
  return { S3Bucket, S3Key, S3ObjectStorageMode: REFERENCE, ...(S3ObjectVersion && { S3ObjectVersion }) } as const;
}

async function open(): Promise<{ lambda: Harness; s3: VersionedS3; clock: ManualClock }> {
  const s3 = versionedS3();
  const clock = new ManualClock();
  return { s3, clock, lambda: await Harness.open({ clock, room: { s3: s3.finder } }) };
}

async function stateOf(lambda: Harness, Qualifier?: string): Promise<string | undefined> {
  const input = { FunctionName: "f", ...(Qualifier !== undefined && { Qualifier }) };
  return (await lambda.call("GetFunctionConfiguration", input)).State;
}

async function stored(lambda: Harness): Promise<number | undefined> {
  return (await lambda.call("GetAccountSettings", {})).AccountUsage?.TotalCodeSize;
}

async function hasCopy(lambda: Harness, zip: Uint8Array): Promise<boolean> {
  return (await lambda.store.blobs.stat(createHash("sha256").update(zip).digest("hex"))) !== undefined;
}

/** What a restart of the machine does to unpacked code, and collecting it. */
async function forgetUnpacked(lambda: Harness): Promise<void> {
  await rm(join(lambda.folder, "code"), { recursive: true });
  await lambda.restart();
}

test("CreateFunction leaves code in S3: read by the caller and by Lambda itself, shown as resolved, and not counted", async () => {
  const { lambda: harness, s3 } = await open();
  await using lambda = harness;
  const zip = await says("first");
  s3.put("f.zip", zip);
  const created = await lambda.create("f", "", { Code: codeIn("f.zip"), Publish: true });
  assert.equal(created.CodeSha256, "", "AWS has not read it by then");
  assert.equal(created.CodeSize, zip.length);
  assert.equal(s3.reads.length, 2);
  assert.match(s3.reads[0] ?? "", /user\/\S+ code\/f\.zip$/);
  assert.equal(s3.reads[1], `${LAMBDA} ${ARN("f")} code/f.zip v1`);
  const { Code, Configuration } = await lambda.call("GetFunction", { FunctionName: "f" });
  assert.deepEqual(Code, {
    RepositoryType: "S3",
    ResolvedS3Object: { S3Bucket: "code", S3Key: "f.zip", S3ObjectVersion: "v1" },
  });
  assert.notEqual(Configuration?.CodeSha256, "");
  assert.equal(await lambda.invoke("f"), "first");
  assert.equal(await stored(lambda), 0);
  assert.equal(await hasCopy(lambda, zip), false);

  const second = await says("second");
  s3.put("f.zip", second);
  assert.equal(await lambda.invoke("f"), "first", "a version stays what it is");
  await lambda.call("UpdateFunctionCode", { FunctionName: "f", ...codeIn("f.zip") });
  assert.deepEqual([await lambda.invoke("f"), await lambda.invoke("f", {}, "1")], ["second", "first"]);
});

test("UpdateFunctionCode without the mode copies, and with it the copy goes", async () => {
  const { lambda: harness, s3, clock } = await open();
  await using lambda = harness;
  const zip = await says("same");
  s3.put("f.zip", zip);
  await lambda.create("f", "", { Code: codeIn("f.zip") });
  await lambda.call("UpdateFunctionCode", { FunctionName: "f", S3Bucket: "code", S3Key: "f.zip" });
  const { Code } = await lambda.call("GetFunction", { FunctionName: "f" });
  assert.equal(Code?.ResolvedS3Object, undefined);
  assert.ok(Code?.Location);
  assert.equal(await stored(lambda), zip.length);
  assert.equal(await hasCopy(lambda, zip), true);
  await lambda.call("UpdateFunctionCode", { FunctionName: "f", ...codeIn("f.zip") });
  assert.equal(await stored(lambda), 0);
  clock.advance(20 * 60_000);
  await until("the copy to go", async () => !(await hasCopy(lambda, zip)));
  assert.equal(await lambda.invoke("f"), "same");
});

test("CreateFunction and UpdateFunctionCode refuse code that cannot stay in S3, in AWS's words where they are known", async () => {
  const { lambda: harness, s3 } = await open();
  await using lambda = harness;
  s3.put("f.zip", await says("first"));
  const get = "Error occurred while GetObjectVersion. S3 Error Code:";
  const key = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
  for (const [Code, message] of [
    [codeIn("f.zip", "v9"), `${get} NoSuchVersion. S3 Error Message: The specified version does not exist.`],
    [codeIn("none", undefined), /^Error occurred while GetObject\. S3 Error Code: NoSuchKey\./],
    [codeIn("f.zip", undefined, "plain"), /^The bucket plain does not have versioning enabled\./],
    [{ ...codeIn("f.zip"), SourceKMSKeyArn: key }, /^SourceKMSKeyArn is not supported/],
    [
      { S3Bucket: "code", S3ObjectStorageMode: REFERENCE },
      "S3 Bucket and Key are required for uploading with S3 parameters.",
    ],
    [
      { ...codeIn("f.zip"), ZipFile: await says("both") },
      "Please do not provide other FunctionCode parameters when providing a ZipFile.",
    ],
  ] as const) {
    await assert.rejects(lambda.create("g", "", { Code }), { name: "InvalidParameterValueException", message });
  }
  s3.denied.add(LAMBDA);
  await assert.rejects(lambda.create("g", "", { Code: codeIn("f.zip") }), {
    name: "InvalidParameterValueException",
    message:
      "Lambda service principal lambda.amazonaws.com does not have s3:GetObject and s3:GetObjectVersion permission on s3://code/f.zip. Update the bucket policy to grant the Lambda service principal access and retry.",
  });
  await lambda.create("f", "export const handler = () => 'before';");
  await assert.rejects(
    lambda.call("UpdateFunctionCode", { FunctionName: "f", ...codeIn("f.zip") }),
    /service principal/,
  );
  assert.equal(await lambda.invoke("f"), "before");
  const caller = s3.reads[0]?.split(" ")[0] ?? "";
  s3.denied.add(caller);
  await assert.rejects(lambda.create("g", "", { Code: codeIn("f.zip", "v1") }), {
    code: "AccessDeniedException",
    message:
      "Your access has been denied by S3, please make sure your request credentials have permission to GetObjectVersion for code/f.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied",
  });
});

test("a function whose object is lost runs on, becomes Inactive when it is looked at, and Active by an update once it is back", async () => {
  const { lambda: harness, s3, clock } = await open();
  await using lambda = harness;
  const zip = await says("first");
  s3.put("f.zip", zip);
  await lambda.create("f", "", { Code: codeIn("f.zip"), Publish: true });
  s3.remove("f.zip", "v1");
  assert.equal(await lambda.invoke("f"), "first");
  clock.advance(HOUR_MS);
  await until("Inactive", async () => (await stateOf(lambda)) === "Inactive");
  assert.equal(await stateOf(lambda, "1"), "Inactive");
  await assert.rejects(lambda.invoke("f"), { name: "ResourceConflictException", message: INACTIVE });
  await assert.rejects(lambda.invoke("f", {}, "1"), { name: "ResourceConflictException", message: INACTIVE });
  const change = { FunctionName: "f", Description: "changed" };
  await assert.rejects(lambda.call("UpdateFunctionConfiguration", change), /S3 Error Code: NoSuchVersion/);

  await lambda.restart();
  assert.equal(await stateOf(lambda), "Inactive", "also after a restart");
  s3.corrupt("f.zip", "v1", zip);
  clock.advance(HOUR_MS);
  await until("Active", async () => (await stateOf(lambda, "1")) === "Active");
  assert.equal(await stateOf(lambda), "Inactive", "until it is updated");
  await lambda.call("UpdateFunctionConfiguration", change);
  assert.equal(await stateOf(lambda), "Active");
  assert.deepEqual([await lambda.invoke("f"), await lambda.invoke("f", {}, "1")], ["first", "first"]);
});

test("UpdateFunctionCode gives an Inactive function other code", async () => {
  const { lambda: harness, s3, clock } = await open();
  await using lambda = harness;
  s3.put("f.zip", await says("first"));
  await lambda.create("f", "", { Code: codeIn("f.zip") });
  s3.denied.add(LAMBDA);
  clock.advance(HOUR_MS);
  await until("Inactive", async () => (await stateOf(lambda)) === "Inactive");
  await lambda.call("UpdateFunctionCode", { FunctionName: "f", ZipFile: await says("second") });
  assert.equal(await lambda.invoke("f"), "second");
  clock.advance(HOUR_MS);
  assert.equal(await stateOf(lambda), "Active");
});

test("an S3 that does not answer loses nobody's code", async () => {
  const s3 = versionedS3();
  const clock = new ManualClock();
  let away = false;
  let asked = 0;
  await using lambda = await Harness.open({
    clock,
    room: {
      s3: (caller) => {
        asked += 1;
        if (away) throw new Error("connect ECONNREFUSED");
        return s3.finder(caller);
      },
    },
  });
  s3.put("f.zip", await says("first"));
  await lambda.create("f", "", { Code: codeIn("f.zip") });
  away = true;
  const before = asked;
  clock.advance(HOUR_MS);
  await until("a look", () => asked > before && lambda.logged.length > 0);
  assert.equal(await stateOf(lambda), "Active");
});

test("unpacked code that is gone is read again by Lambda itself, and other bytes are never run", async () => {
  const { lambda: harness, s3 } = await open();
  await using lambda = harness;
  s3.put("f.zip", await says("first"));
  await lambda.create("f", "", { Code: codeIn("f.zip") });
  await forgetUnpacked(lambda);
  s3.reads.length = 0;
  assert.equal(await lambda.invoke("f"), "first");
  assert.deepEqual(s3.reads, [`${LAMBDA} ${ARN("f")} code/f.zip v1`]);
  await forgetUnpacked(lambda);
  s3.corrupt("f.zip", "v1", await says("another"));
  await assert.rejects(lambda.invoke("f"), /what S3 has is not the code/);
  await forgetUnpacked(lambda);
  s3.remove("f.zip", "v1");
  await assert.rejects(lambda.invoke("f"), /The function's code in Amazon S3 cannot be read: The specified version/);
  await until("Inactive", async () => (await stateOf(lambda)) === "Inactive");
});

test("PublishLayerVersion leaves layers in S3; a function stays Active without one, and cannot be given it again", async () => {
  const { lambda: harness, s3, clock } = await open();
  await using lambda = harness;
  s3.put("layer.zip", await zipOf({ "word.txt": "layered" }));
  const { LayerVersionArn = "", Content } = await lambda.call("PublishLayerVersion", {
    LayerName: "l",
    Content: codeIn("layer.zip"),
  });
  assert.deepEqual(Content?.ResolvedS3Object, { S3Bucket: "code", S3Key: "layer.zip", S3ObjectVersion: "v1" });
  assert.equal(Content?.Location, undefined);
  assert.equal(s3.reads[1], `${LAMBDA} ${LayerVersionArn} code/layer.zip v1`);
  assert.equal(await stored(lambda), 0);
  await lambda.create("f", "export const handler = () => 'runs';", { Layers: [LayerVersionArn] });
  s3.remove("layer.zip", "v1");
  clock.advance(HOUR_MS);
  assert.equal(await lambda.invoke("f"), "runs");
  await lambda.call("UpdateFunctionConfiguration", { FunctionName: "f", Description: "changed" });
  assert.equal(await stateOf(lambda), "Active");
  await assert.rejects(
    lambda.call("UpdateFunctionConfiguration", { FunctionName: "f", Layers: [LayerVersionArn] }),
    /S3 Error Code: NoSuchVersion/,
  );
});
