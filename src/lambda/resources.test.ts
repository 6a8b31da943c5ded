import assert from "node:assert/strict";
import { test } from "node:test";
import * as S3 from "@aws-sdk/client-s3";
import { lineLog, systemClock, systemRandom } from "../base/index.ts";
import { createWire, type Handler, type Service } from "../wire/index.ts";
import { ARN, Harness } from "./testing/harness.ts";
import { zipOf } from "./testing/zips.ts";

const SOURCE = "export const handler = () => 1;";
const LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:tools";

test("tags are added, listed, removed and limited to fifty", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SOURCE, { Tags: { a: "1" } });
  await lambda.call("TagResource", { Resource: ARN("f"), Tags: { b: "2" } });
  assert.deepEqual((await lambda.call("ListTags", { Resource: ARN("f") })).Tags, { a: "1", b: "2" });
  await lambda.call("UntagResource", { Resource: ARN("f"), TagKeys: ["a", "absent"] });
  assert.deepEqual((await lambda.call("GetFunction", { FunctionName: "f" })).Tags, { b: "2" });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, ""]));
  await assert.rejects(lambda.call("TagResource", { Resource: ARN("f"), Tags: many }), {
    message: "Number of tags exceeds resource tag limit.",
  });
  await assert.rejects(lambda.call("ListTags", { Resource: `${ARN("f")}:$LATEST` }), {
    message: "Tags on function aliases and versions are not supported. Please specify a function ARN.",
  });
});

test("permissions are kept as AWS writes them", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SOURCE);
  const add = (StatementId: string, Principal: string, more = {}) =>
    lambda.call("AddPermission", {
      FunctionName: "f",
      StatementId,
      Action: "lambda:InvokeFunction",
      Principal,
      ...more,
    });
  const added = await add("s3", "s3.amazonaws.com", { SourceArn: "arn:aws:s3:::b", SourceAccount: "123456789012" });
  assert.equal(
    added.Statement,
    `{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"${ARN("f")}","Condition":{"StringEquals":{"AWS:SourceAccount":"123456789012"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}}`,
  );
  await add("account", "123456789012");
  const { Policy, RevisionId } = await lambda.call("GetPolicy", { FunctionName: "f" });
  assert.equal(JSON.parse(String(Policy)).Statement[1].Principal.AWS, "arn:aws:iam::123456789012:root");
  await assert.rejects(add("account", "*"), { name: "ResourceConflictException" });
  await assert.rejects(add("x", "no principal"), { message: /^The provided principal was invalid/ });
  await assert.rejects(add("x", "*", { Qualifier: "$LATEST" }), {
    message: "We currently do not support adding policies for $LATEST.",
  });
  await assert.rejects(add("x", "*", { Qualifier: "none" }), { message: `Cannot find alias arn: ${ARN("f")}:none` });
  await assert.rejects(add("x", "*", { RevisionId: "other" }), { name: "PreconditionFailedException" });
  await lambda.call("RemovePermission", { FunctionName: "f", StatementId: "s3", RevisionId: String(RevisionId) });
  await assert.rejects(lambda.call("RemovePermission", { FunctionName: "f", StatementId: "s3" }), {
    message: "Statement s3 is not found in resource policy.",
  });
  await lambda.call("RemovePermission", { FunctionName: "f", StatementId: "account" });
  await assert.rejects(lambda.call("GetPolicy", { FunctionName: "f" }), {
    message: "The resource you requested does not exist.",
  });
});

test("reserved concurrency is shown, enforced, and leaves enough to the others", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SOURCE);
  const put = (ReservedConcurrentExecutions: number, FunctionName = "f") =>
    lambda.call("PutFunctionConcurrency", { FunctionName, ReservedConcurrentExecutions });
  assert.deepEqual(await put(0), { ReservedConcurrentExecutions: 0 });
  await assert.rejects(lambda.invoke("f"), { name: "TooManyRequestsException" });
  await put(900);
  assert.equal((await lambda.call("GetAccountSettings", {})).AccountLimit?.UnreservedConcurrentExecutions, 100);
  await assert.rejects(put(901), { message: /below its minimum value of \[100\]\.$/ });
  await assert.rejects(put(1, "none"), { message: `Function not found: ${ARN("none")}:$LATEST` });
  await assert.rejects(put(1, "f:1"), { message: /^This operation is permitted on Lambda functions only/ });
  await lambda.call("DeleteFunctionConcurrency", { FunctionName: "f" });
  assert.deepEqual(await lambda.call("GetFunctionConcurrency", { FunctionName: "f" }), {});
  assert.equal(await lambda.invoke("f"), 1);
});

test("layers are published, listed newest first, used by functions and outlive their deletion there", async () => {
  await using lambda = await Harness.open();
  const publish = async (text: string) =>
    lambda.call("PublishLayerVersion", {
      LayerName: "tools",
      Content: { ZipFile: await zipOf({ "nodejs/x.js": text }) },
      CompatibleRuntimes: ["nodejs22.x"],
    });
  const first = await publish("1");
  assert.equal(first.LayerVersionArn, `${LAYER}:1`);
  assert.equal((await publish("2")).Version, 2);
  const created = await lambda.create("f", SOURCE, { Layers: [`${LAYER}:2`] });
  assert.deepEqual(
    created.Layers?.map(({ Arn }) => Arn),
    [`${LAYER}:2`],
  );
  await assert.rejects(lambda.create("g", SOURCE, { Layers: [`${LAYER}:1`, `${LAYER}:2`] }), {
    message: `Two different versions of the same layer are not allowed to be referenced in the same function. ${LAYER}:1 and ${LAYER}:2 are versions of the same layer.`,
  });
  const versions = await lambda.call("ListLayerVersions", { LayerName: "tools" });
  assert.deepEqual(
    versions.LayerVersions?.map(({ Version }) => Version),
    [2, 1],
  );
  await lambda.call("DeleteLayerVersion", { LayerName: "tools", VersionNumber: 2 });
  await assert.rejects(lambda.call("GetLayerVersion", { LayerName: "tools", VersionNumber: 2 }), {
    message: "The resource you requested does not exist.",
  });
  await lambda.restart();
  await lambda.invoke("f");
  const [layer] = lambda.environments.invoked.at(-1)?.version.layers ?? [];
  assert.equal(layer?.arn, `${LAYER}:2`);
  await lambda.room.codeFolders.unpacked(layer?.sha256 ?? "");
  assert.equal((await publish("3")).Version, 3);
  const { Layers } = await lambda.call("ListLayers", { CompatibleRuntime: "nodejs22.x" });
  assert.deepEqual(
    Layers?.map(({ LatestMatchingVersion }) => LatestMatchingVersion?.Version),
    [3],
  );
  assert.deepEqual((await lambda.call("ListLayers", { CompatibleRuntime: "python3.13" })).Layers, []);
});

test("event settings are per qualifier; Put replaces and Update merges", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SOURCE);
  await lambda.create("target", SOURCE);
  const name = { FunctionName: "f" };
  await assert.rejects(lambda.call("PutFunctionEventInvokeConfig", name), {
    message: "You must specify at least one of error handling or destination setting.",
  });
  await lambda.call("PutFunctionEventInvokeConfig", { ...name, MaximumRetryAttempts: 1 });
  const merged = await lambda.call("UpdateFunctionEventInvokeConfig", {
    ...name,
    DestinationConfig: { OnSuccess: { Destination: ARN("target") } },
  });
  assert.equal(merged.FunctionArn, `${ARN("f")}:$LATEST`);
  assert.equal(merged.MaximumRetryAttempts, 1);
  assert.deepEqual(merged.DestinationConfig, { OnSuccess: { Destination: ARN("target") }, OnFailure: {} });
  const replaced = await lambda.call("PutFunctionEventInvokeConfig", { ...name, MaximumEventAgeInSeconds: 60 });
  assert.equal(replaced.MaximumRetryAttempts, undefined);
  assert.deepEqual(replaced.DestinationConfig, { OnSuccess: {}, OnFailure: {} });
  const to = (Destination: string) => ({ ...name, DestinationConfig: { OnFailure: { Destination } } });
  await assert.rejects(lambda.call("PutFunctionEventInvokeConfig", to(ARN("f"))), {
    message: "You can't specify the function as a destination for itself.",
  });
  await assert.rejects(lambda.call("PutFunctionEventInvokeConfig", to(ARN("none"))), {
    message: `The destination ARN ${ARN("none")} is invalid.`,
  });
  await lambda.call("DeleteFunctionEventInvokeConfig", name);
  await assert.rejects(lambda.call("GetFunctionEventInvokeConfig", name), {
    message: `The function ${ARN("f")}:$LATEST doesn't have an EventInvokeConfig`,
  });
});

test("code from S3 is read through S3's client, and its errors are passed on", async () => {
  const zip = await zipOf({ "index.mjs": "export const handler = () => 'from S3';" });
  const asked: unknown[] = [];
  const s3: Service<typeof S3> = {
    name: "s3",
    async load() {
      const GetObject: Handler<typeof S3, "GetObject"> = async ({ Bucket, Key, VersionId }) => {
        asked.push({ Bucket, Key, VersionId });
        if (Key === "k") return { Body: zip };
        throw new S3.NoSuchKey({ message: "The specified key does not exist.", $metadata: {} });
      };
      return { client: S3, handlers: { GetObject } };
    },
  };
  const log = lineLog("error", () => undefined);
  const wire = createWire({
    services: [s3],
    clock: systemClock,
    random: systemRandom,
    log,
    endpoint: () => "http://localhost",
  });
  await using lambda = await Harness.open({ room: { s3: (caller) => wire.client<typeof S3>("s3", caller) } });
  await lambda.create("f", "", { Code: { S3Bucket: "b", S3Key: "k", S3ObjectVersion: "v" } });
  assert.deepEqual(asked, [{ Bucket: "b", Key: "k", VersionId: "v" }]);
  assert.equal(await lambda.invoke("f"), "from S3");
  await assert.rejects(lambda.create("g", "", { Code: { S3Bucket: "b", S3Key: "missing" } }), {
    message:
      "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
  });
});
