import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GetFunctionConfigurationCommand,
  GetRuntimeManagementConfigCommand,
  PublishVersionCommand,
  PutRuntimeManagementConfigCommand,
} from "@aws-sdk/client-lambda";
import { ARN } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";

const HELD = "arn:aws:lambda:us-east-1::runtime:0123456789abcdef";
const FunctionName = "f";

test("PutRuntimeManagementConfig is kept per version, and GetRuntimeManagementConfig says Auto without it", async () => {
  await using server = await Served.open();
  const { client, lambda } = server;
  await lambda.create("f", "export const handler = () => 1;");
  await client.send(new PublishVersionCommand({ FunctionName }));
  const get = async (Qualifier?: string) => {
    const { $metadata, ...shown } = await client.send(
      new GetRuntimeManagementConfigCommand({ FunctionName, Qualifier }),
    );
    return shown;
  };
  assert.deepEqual(await get(), { UpdateRuntimeOn: "Auto", FunctionArn: ARN("f") });
  const { $metadata, ...put } = await client.send(
    new PutRuntimeManagementConfigCommand({
      FunctionName,
      Qualifier: "1",
      UpdateRuntimeOn: "Manual",
      RuntimeVersionArn: HELD,
    }),
  );
  assert.equal($metadata.httpStatusCode, 200);
  assert.deepEqual(put, { UpdateRuntimeOn: "Manual", RuntimeVersionArn: HELD, FunctionArn: `${ARN("f")}:1` });
  assert.deepEqual(await get("1"), put);
  assert.deepEqual(await get(), { UpdateRuntimeOn: "Auto", FunctionArn: ARN("f") });
  await client.send(new PutRuntimeManagementConfigCommand({ FunctionName, UpdateRuntimeOn: "FunctionUpdate" }));
  assert.equal((await get("$LATEST")).UpdateRuntimeOn, "FunctionUpdate");
});

test("what the API shows as a version's runtime is what its environments are told", async () => {
  await using server = await Served.open();
  const { client, lambda } = server;
  await lambda.create("f", "export const handler = () => 1;");
  await client.send(new PublishVersionCommand({ FunctionName }));
  await client.send(
    new PutRuntimeManagementConfigCommand({
      FunctionName,
      Qualifier: "1",
      UpdateRuntimeOn: "Manual",
      RuntimeVersionArn: HELD,
    }),
  );
  for (const Qualifier of ["$LATEST", "1"]) {
    await lambda.invoke("f", {}, Qualifier);
    const told = lambda.environments.invoked.at(-1)?.version.runtimeVersionArn;
    const configuration = await client.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier }));
    assert.equal(told, configuration.RuntimeVersionConfig?.RuntimeVersionArn);
    assert.equal(told === HELD, Qualifier === "1");
  }
});

test("PutRuntimeManagementConfig wants a runtime version for Manual, and for nothing else", async () => {
  await using server = await Served.open();
  await server.lambda.create("f", "export const handler = () => 1;");
  const put = (more: { UpdateRuntimeOn: "Auto" | "Manual"; RuntimeVersionArn?: string; FunctionName?: string }) =>
    server.client.send(new PutRuntimeManagementConfigCommand({ FunctionName, ...more }));
  await assert.rejects(put({ UpdateRuntimeOn: "Manual" }), { name: "InvalidParameterValueException" });
  await assert.rejects(put({ UpdateRuntimeOn: "Auto", RuntimeVersionArn: HELD }), {
    name: "InvalidParameterValueException",
  });
  await assert.rejects(put({ UpdateRuntimeOn: "Auto", FunctionName: "none" }), {
    name: "ResourceNotFoundException",
    message: `Function not found: ${ARN("none")}`,
  });
});
