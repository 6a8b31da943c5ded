import assert from "node:assert/strict";
import { test } from "node:test";
import { versionsPrefix } from "./records.ts";
import { ACCOUNT, ARN, Harness, REGION } from "./testing/harness.ts";
import { zipOf } from "./testing/zips.ts";

const SAYS = (text: string): string => `export const handler = () => ${JSON.stringify(text)};`;

async function change(lambda: Harness, FunctionName: string, text: string): Promise<void> {
  await lambda.call("UpdateFunctionCode", { FunctionName, ZipFile: await zipOf({ "index.mjs": SAYS(text) }) });
}

test("a published version never changes, whatever happens to $LATEST", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SAYS("one"));
  const first = await lambda.call("PublishVersion", { FunctionName: "f", Description: "first" });
  assert.equal(first.Version, "1");
  assert.equal(first.FunctionArn, `${ARN("f")}:1`);
  assert.equal(first.State, "Active");
  assert.equal(first.LastUpdateStatus, "Successful");
  assert.equal(first.Description, "first");
  await change(lambda, "f", "two");
  assert.equal(await lambda.invoke("f"), "two");
  assert.equal(await lambda.invoke("f", {}, "1"), "one");
  assert.equal(await lambda.invoke(`${ARN("f")}:1`), "one");
  const shown = await lambda.call("GetFunctionConfiguration", { FunctionName: "f:1" });
  assert.equal(shown.RevisionId, first.RevisionId);
  assert.equal((await lambda.call("GetFunctionConfiguration", { FunctionName: "f" })).Description, "");
});

test("publishing the same twice gives the same version, and numbers are never used again", async () => {
  await using lambda = await Harness.open();
  const created = await lambda.create("f", SAYS("one"), { Publish: true });
  assert.equal(created.Version, "1");
  assert.equal(created.FunctionArn, ARN("f"));
  assert.equal(created.State, "Pending");
  const again = await lambda.call("PublishVersion", { FunctionName: "f" });
  assert.equal(again.Version, "1");
  await change(lambda, "f", "two");
  assert.equal((await lambda.call("PublishVersion", { FunctionName: "f" })).Version, "2");
  await lambda.call("DeleteFunction", { FunctionName: "f", Qualifier: "2" });
  await assert.rejects(lambda.invoke("f", {}, "2"), { message: `Function not found: ${ARN("f")}:2` });
  await change(lambda, "f", "three");
  assert.equal((await lambda.call("PublishVersion", { FunctionName: "f" })).Version, "3");
  const listed = await lambda.call("ListVersionsByFunction", { FunctionName: "f" });
  assert.deepEqual(
    listed.Versions?.map(({ FunctionArn }) => FunctionArn),
    [`${ARN("f")}:$LATEST`, `${ARN("f")}:1`, `${ARN("f")}:3`],
  );
  assert.ok(
    listed.Versions?.every((version) => version.State === undefined && version.RuntimeVersionConfig === undefined),
  );
});

test("a version is published only from the code and revision that the caller means", async () => {
  await using lambda = await Harness.open();
  const { CodeSha256 } = await lambda.create("f", SAYS("one"));
  await assert.rejects(lambda.call("PublishVersion", { FunctionName: "f", CodeSha256: "other" }), {
    name: "InvalidParameterValueException",
    message: `CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (${CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
  });
  await assert.rejects(lambda.call("PublishVersion", { FunctionName: "f", RevisionId: "other" }), {
    name: "PreconditionFailedException",
  });
  const { RevisionId } = await lambda.call("GetFunctionConfiguration", { FunctionName: "f" });
  await lambda.call("PublishVersion", {
    FunctionName: "f",
    RevisionId: String(RevisionId),
    CodeSha256: String(CodeSha256),
  });
});

test("UpdateFunctionCode with Publish answers with the new version", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SAYS("one"));
  const ZipFile = await zipOf({ "index.mjs": SAYS("two") });
  const updated = await lambda.call("UpdateFunctionCode", { FunctionName: "f", ZipFile, Publish: true });
  assert.equal(updated.FunctionArn, `${ARN("f")}:1`);
  assert.equal(updated.State, "Pending");
  assert.equal(updated.LastUpdateStatus, undefined);
  assert.equal(await lambda.invoke("f", {}, "1"), "two");
});

test("of many clients that publish at once, each gets a version that exists", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SAYS("one"));
  const published = await Promise.all(
    Array.from({ length: 5 }, () => lambda.call("PublishVersion", { FunctionName: "f" })),
  );
  assert.deepEqual([...new Set(published.map(({ Version }) => Version))], ["1"]);
  assert.equal(await lambda.invoke("f", {}, "1"), "one");
});

test("a version that a crash left unnamed is seen by nobody, and its number is free", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SAYS("one"));
  const place = { accountId: ACCOUNT, region: REGION };
  await lambda.store.records.put(`${versionsPrefix(place, "f")}left-over`, { version: "1" });
  await lambda.restart();
  await assert.rejects(lambda.invoke("f", {}, "1"), { name: "ResourceNotFoundException" });
  assert.equal((await lambda.call("ListVersionsByFunction", { FunctionName: "f" })).Versions?.length, 1);
  assert.equal((await lambda.call("PublishVersion", { FunctionName: "f" })).Version, "1");
  assert.equal(await lambda.invoke("f", {}, "1"), "one");
});

test("versions and aliases are there after a restart", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SAYS("one"));
  await lambda.call("PublishVersion", { FunctionName: "f" });
  await lambda.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  await lambda.restart();
  assert.equal(await lambda.invoke("f", {}, "1"), "one");
  assert.equal(await lambda.invoke("f", {}, "live"), "one");
});
