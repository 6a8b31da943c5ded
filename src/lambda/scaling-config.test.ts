/** Scaling and recursion settings as an SDK client sees them, and what they do to invocations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateCapacityProviderCommand,
  GetFunctionConfigurationCommand,
  GetFunctionRecursionConfigCommand,
  GetFunctionScalingConfigCommand,
  InvokeCommand,
  PublishVersionCommand,
  PutFunctionRecursionConfigCommand,
  PutFunctionScalingConfigCommand,
  RecursiveInvocationException,
} from "@aws-sdk/client-lambda";
import { ARN, ROLE } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";

const FunctionName = "f";
const PROVIDER = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p";

async function withCapacityProvider(): Promise<Served> {
  const server = await Served.open();
  await server.client.send(
    new CreateCapacityProviderCommand({
      CapacityProviderName: "p",
      VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] },
      PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
    }),
  );
  await server.lambda.create("f", "export const handler = () => 1;", {
    CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: PROVIDER } },
  });
  await server.client.send(new PublishVersionCommand({ FunctionName }));
  return server;
}

const scale = (MinExecutionEnvironments: number, MaxExecutionEnvironments: number): PutFunctionScalingConfigCommand =>
  new PutFunctionScalingConfigCommand({
    FunctionName,
    Qualifier: "1",
    FunctionScalingConfig: { MinExecutionEnvironments, MaxExecutionEnvironments },
  });

test("a version's scaling settings are kept and shown, keep environments, and switch it off at 0", async () => {
  await using server = await withCapacityProvider();
  const { client, lambda } = server;
  const put = await client.send(scale(2, 5));
  assert.equal(put.$metadata.httpStatusCode, 202);
  assert.equal(put.FunctionState, "Active");
  const { $metadata, ...shown } = await client.send(
    new GetFunctionScalingConfigCommand({ FunctionName, Qualifier: "1" }),
  );
  const config = { MinExecutionEnvironments: 2, MaxExecutionEnvironments: 5 };
  assert.equal($metadata.httpStatusCode, 200);
  assert.deepEqual(shown, {
    FunctionArn: `${ARN("f")}:1`,
    AppliedFunctionScalingConfig: config,
    RequestedFunctionScalingConfig: config,
  });
  const kept = (): unknown =>
    lambda.environments.provisioned.get(ARN("f"))?.map(({ kind, shares }) => [kind, shares[0]?.count]);
  assert.deepEqual(kept(), [["minimum", 2]]);
  assert.equal((await client.send(scale(0, 0))).FunctionState, "Deactivating");
  assert.deepEqual(kept(), []);
  const version = await client.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier: "1" }));
  assert.equal(version.State, "Deactivated");
  await assert.rejects(client.send(new InvokeCommand({ FunctionName, Qualifier: "1" })), {
    name: "ResourceConflictException",
    message:
      "The operation cannot be performed at this time. The function is currently in the following state: Deactivated",
  });
});

test("scaling settings that make no sense are refused", async () => {
  await using server = await withCapacityProvider();
  const { client, lambda } = server;
  for (const [min, max] of [
    [3, 2],
    [0, 2],
  ] as const) {
    await assert.rejects(client.send(scale(min, max)), { name: "InvalidParameterValueException" });
  }
  await assert.rejects(client.send(scale(1, 15_001)), { name: "ValidationException" });
  await lambda.create("plain", "export const handler = () => 1;");
  await client.send(new PublishVersionCommand({ FunctionName: "plain" }));
  const plain = { FunctionName: "plain", Qualifier: "1" };
  await assert.rejects(client.send(new PutFunctionScalingConfigCommand(plain)), {
    name: "InvalidParameterValueException",
  });
  const unpublished = { FunctionName, Qualifier: "$LATEST.PUBLISHED" };
  await assert.rejects(client.send(new GetFunctionScalingConfigCommand(unpublished)), {
    name: "ResourceNotFoundException",
    message: `Function not found: ${ARN("f")}:$LATEST.PUBLISHED`,
  });
});

test("the seventeenth invocation in one chain is refused, unless the function may loop", async () => {
  await using server = await Served.open();
  const { client, lambda } = server;
  await lambda.create("f", "export const handler = (event, { request }) => request.traceId;");
  const next = async (traceId: string): Promise<string> => {
    const command = new InvokeCommand({ FunctionName: ARN("f") });
    command.middlewareStack.add(
      (following) => (args) => {
        const { request } = args as { request: { headers: Record<string, string> } };
        if (traceId !== "") request.headers["x-amzn-trace-id"] = traceId;
        return following(args);
      },
      { step: "build" },
    );
    const { Payload } = await client.send(command);
    return JSON.parse(Payload?.transformToString() ?? "");
  };
  let traceId = "";
  for (let times = 1; times <= 16; times += 1) traceId = await next(traceId);
  await assert.rejects(next(traceId), (error) => {
    assert.ok(error instanceof RecursiveInvocationException);
    assert.equal(error.$metadata.httpStatusCode, 400);
    assert.match(error.message, /recursive loop/);
    return true;
  });
  const config = async (): Promise<string | undefined> =>
    (await client.send(new GetFunctionRecursionConfigCommand({ FunctionName }))).RecursiveLoop;
  assert.equal(await config(), "Terminate");
  await client.send(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop: "Allow" }));
  assert.equal(await config(), "Allow");
  await next(traceId);
});
