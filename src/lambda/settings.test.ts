import assert from "node:assert/strict";
import { test } from "node:test";
import { ARN, Harness } from "./testing/harness.ts";

const SOURCE = "export const handler = () => 1;";
const INVALID = "InvalidParameterValueException";

test("settings that AWS refuses are refused with its texts", async () => {
  await using lambda = await Harness.open();
  const create = (more: Parameters<Harness["create"]>[2]) => lambda.create("f", SOURCE, more);
  const cases: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [
      () => lambda.create("n".repeat(65), SOURCE),
      /^1 validation error detected: Value 'n{65}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64$/,
    ],
    [
      () => create({ Runtime: "nodejs14.x" }),
      /^The runtime parameter of nodejs14.x is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.$/,
    ],
    [
      () => create({ Environment: { Variables: { BIG: "x".repeat(4096) } } }),
      /^Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: \{"BIG":"x{4096}"\}$/,
    ],
    [() => create({ Environment: { Variables: { AWS_REGION: "x" } } }), /contains reserved keys .*: AWS_REGION$/],
    [
      () => create({ Tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ""])) }),
      /^Number of tags exceeds/,
    ],
    [() => create({ Timeout: 901 }), /'901' at 'timeout' .* less than or equal to 900$/],
    [() => create({ Layers: [`arn:aws:lambda:us-east-1:000000000000:layer:none:1`] }), /layer:none:1 does not exist.$/],
    [() => create({ Code: {} }), /^Please provide a source for function code.$/],
    [
      () => create({ Code: { S3Bucket: "none", S3Key: "x" } }),
      /^Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist$/,
    ],
  ];
  for (const [attempt, message] of cases) await assert.rejects(attempt, { name: INVALID, message });
  await assert.rejects(create({ Code: { ZipFile: new Uint8Array(52_428_801) } }), {
    code: "RequestEntityTooLargeException",
    message: "Zipped size must be smaller than 52428800 bytes",
  });
  assert.deepEqual((await lambda.call("ListFunctions", {})).Functions, []);
});

test("an update changes what is given and leaves the rest", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SOURCE, { Environment: { Variables: { A: "1" } }, Description: "mine" });
  const update = (input: { Timeout?: number; LoggingConfig?: { LogFormat: "JSON" | "Text" } }) =>
    lambda.call("UpdateFunctionConfiguration", { FunctionName: "f", ...input });
  const updated = await update({ Timeout: 7 });
  assert.equal(updated.Timeout, 7);
  assert.equal(updated.Description, "mine");
  assert.deepEqual(updated.Environment, { Variables: { A: "1" } });
  assert.deepEqual((await update({ LoggingConfig: { LogFormat: "JSON" } })).LoggingConfig, {
    LogFormat: "JSON",
    ApplicationLogLevel: "INFO",
    SystemLogLevel: "INFO",
    LogGroup: "/aws/lambda/f",
  });
  assert.deepEqual((await update({ LoggingConfig: { LogFormat: "Text" } })).LoggingConfig, {
    LogFormat: "Text",
    LogGroup: "/aws/lambda/f",
  });
});

test("settings without effect are kept and shown as AWS shows them", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SOURCE, {
    VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
    Runtime: "python3.13",
    SnapStart: { ApplyOn: "PublishedVersions" },
  });
  const shown = await lambda.call("GetFunctionConfiguration", { FunctionName: "f" });
  assert.deepEqual(shown.VpcConfig?.SubnetIds, ["subnet-1"]);
  assert.equal(shown.VpcConfig?.Ipv6AllowedForDualStack, false);
  assert.deepEqual(shown.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "Off" });
  const published = await lambda.call("PublishVersion", { FunctionName: "f" });
  assert.deepEqual(published.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "On" });
  const none = { SubnetIds: [], SecurityGroupIds: [] };
  const removed = await lambda.call("UpdateFunctionConfiguration", { FunctionName: "f", VpcConfig: none });
  assert.deepEqual(removed.VpcConfig, { ...none, VpcId: "", Ipv6AllowedForDualStack: false });
});

test("a function is found by every form of its name, in its own account and region alone", async () => {
  await using lambda = await Harness.open();
  await lambda.create("f", SOURCE);
  const get = (FunctionName: string, Qualifier?: string) =>
    lambda.call("GetFunctionConfiguration", { FunctionName, ...(Qualifier !== undefined && { Qualifier }) });
  for (const name of ["f", ARN("f"), "000000000000:function:f", "function:f", "us-east-1:000000000000:function:f"]) {
    assert.equal((await get(name)).FunctionArn, ARN("f"));
  }
  assert.equal((await get("f:$LATEST")).FunctionArn, `${ARN("f")}:$LATEST`);
  assert.equal((await get("f:$LATEST", "$LATEST")).FunctionArn, `${ARN("f")}:$LATEST`);
  await assert.rejects(get("f:1", "2"), {
    name: INVALID,
    message: "The derived qualifier from the function name does not match the specified qualifier.",
  });
  await assert.rejects(get("arn:aws:lambda:eu-west-1:000000000000:function:f"), {
    name: "ResourceNotFoundException",
    message: "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
  });
  await assert.rejects(get("arn:aws:lambda:us-east-1:111111111111:function:f"), { code: "AccessDeniedException" });
  await assert.rejects(lambda.call("GetFunction", { FunctionName: "f" }, { accountId: "111111111111" }), {
    message: "Function not found: arn:aws:lambda:us-east-1:111111111111:function:f",
  });
});

test("lists come in pages whose markers cannot be altered", async () => {
  await using lambda = await Harness.open();
  for (const name of ["c", "a", "b"]) await lambda.create(name, SOURCE);
  const first = await lambda.call("ListFunctions", { MaxItems: 2 });
  assert.deepEqual(
    first.Functions?.map(({ FunctionName }) => FunctionName),
    ["a", "b"],
  );
  const Marker = String(first.NextMarker);
  const second = await lambda.call("ListFunctions", { Marker });
  assert.deepEqual(
    second.Functions?.map(({ FunctionName }) => FunctionName),
    ["c"],
  );
  assert.equal(second.NextMarker, undefined);
  for (const bad of ["x", "", `${Marker}x`, `x${Marker}`, Marker.slice(0, -1)]) {
    await assert.rejects(lambda.call("ListFunctions", { Marker: bad }), { name: INVALID });
  }
  await assert.rejects(lambda.call("ListFunctions", { Marker }, { region: "eu-west-1" }), { name: INVALID });
});
