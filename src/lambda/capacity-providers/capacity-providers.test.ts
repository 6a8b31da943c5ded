/** Goal: capacity providers and the functions on them behave as AWS's API says. Method: an SDK client, a real store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateCapacityProviderCommand,
  DeleteCapacityProviderCommand,
  GetCapacityProviderCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  ListCapacityProvidersCommand,
  ListFunctionVersionsByCapacityProviderCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  TagResourceCommand,
  UpdateCapacityProviderCommand,
} from "@aws-sdk/client-lambda";
import { until } from "../../base/testing/until.ts";
import { ARN, type Harness } from "../testing/harness.ts";
import { Served } from "../testing/served.ts";

const PROVIDER = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p";
const SETTINGS = {
  VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] },
  PermissionsConfig: { CapacityProviderOperatorRoleArn: "arn:aws:iam::000000000000:role/operator" },
};
type Settings = Parameters<Harness["create"]>[2];
const MANAGED = {
  CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: PROVIDER } },
} satisfies Settings;

async function withProvider(open = Served.open()): Promise<Served> {
  const server = await open;
  await server.client.send(new CreateCapacityProviderCommand({ CapacityProviderName: "p", ...SETTINGS }));
  await until("the provider is Active", async () => (await stateOf(server)) === "Active");
  return server;
}

async function stateOf({ client }: Served): Promise<string | undefined> {
  const { CapacityProviders } = await client.send(new ListCapacityProvidersCommand({}));
  return CapacityProviders?.find(({ CapacityProviderArn }) => CapacityProviderArn === PROVIDER)?.State;
}

test("CreateCapacityProvider shows it Pending with defaults, then it is Active, changed and gone", async () => {
  await using server = await Served.open();
  const { client } = server;
  const create = () =>
    client.send(new CreateCapacityProviderCommand({ CapacityProviderName: "p", ...SETTINGS, Tags: { a: "1" } }));
  const { $metadata, CapacityProvider } = await create();
  assert.equal($metadata.httpStatusCode, 202);
  const { LastModified, ...created } = CapacityProvider ?? {};
  assert.match(LastModified ?? "", /\+0000$/);
  assert.deepEqual(created, {
    CapacityProviderArn: PROVIDER,
    State: "Pending",
    ...SETTINGS,
    CapacityProviderScalingConfig: { MaxVCpuCount: 400, ScalingMode: "Auto" },
  });
  await assert.rejects(create(), { name: "ResourceConflictException" });
  await until("the provider is Active", async () => (await stateOf(server)) === "Active");
  const updated = await client.send(
    new UpdateCapacityProviderCommand({
      CapacityProviderName: PROVIDER,
      CapacityProviderScalingConfig: { MaxVCpuCount: 8 },
    }),
  );
  assert.deepEqual(updated.CapacityProvider?.CapacityProviderScalingConfig, { MaxVCpuCount: 8, ScalingMode: "Auto" });
  await client.send(new TagResourceCommand({ Resource: PROVIDER, Tags: { b: "2" } }));
  assert.deepEqual((await client.send(new ListTagsCommand({ Resource: PROVIDER }))).Tags, { a: "1", b: "2" });
  const listed = await client.send(new ListCapacityProvidersCommand({ State: "Active" }));
  assert.equal(listed.CapacityProviders?.length, 1);
  const deleted = await client.send(new DeleteCapacityProviderCommand({ CapacityProviderName: "p" }));
  assert.equal(deleted.CapacityProvider?.State, "Deleting");
  await until("the provider is gone", async () => (await stateOf(server)) === undefined);
  await assert.rejects(client.send(new GetCapacityProviderCommand({ CapacityProviderName: "p" })), {
    name: "ResourceNotFoundException",
    message: `Capacity provider not found: ${PROVIDER}`,
  });
});

test("a function on a provider runs what PublishVersion published to $LATEST.PUBLISHED", async () => {
  await using server = await withProvider();
  const { client, lambda } = server;
  await lambda.create("f", "export const handler = () => 1;", MANAGED);
  const states = (Qualifier?: string) =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName: "f", Qualifier })).then(({ State }) => State);
  assert.equal(await states(), "ActiveNonInvocable");
  await assert.rejects(client.send(new InvokeCommand({ FunctionName: "f" })), { name: "NoPublishedVersionException" });
  const publish = () => client.send(new PublishVersionCommand({ FunctionName: "f", PublishTo: "LATEST_PUBLISHED" }));
  const first = await publish();
  assert.deepEqual([first.Version, first.FunctionArn], ["$LATEST.PUBLISHED", `${ARN("f")}:$LATEST.PUBLISHED`]);
  assert.equal(await lambda.invoke("f"), 1);
  assert.equal(await states("$LATEST.PUBLISHED"), "Active");
  await assert.rejects(client.send(new InvokeCommand({ FunctionName: "f", Qualifier: "$LATEST" })), {
    name: "InvalidParameterValueException",
    message: /can't be invoked with \$LATEST qualifier/,
  });
  await lambda.call("UpdateFunctionConfiguration", { FunctionName: "f", Description: "new" });
  await until("the update has settled", async () => {
    const { LastUpdateStatus } = await client.send(new GetFunctionConfigurationCommand({ FunctionName: "f" }));
    return LastUpdateStatus === "Successful";
  });
  assert.equal((await publish()).Description, "new");
  const numbered = await client.send(new PublishVersionCommand({ FunctionName: "f" }));
  assert.equal(numbered.Version, "1");
  const { Versions } = await client.send(new ListVersionsByFunctionCommand({ FunctionName: "f" }));
  assert.deepEqual(
    Versions?.map(({ Version }) => Version),
    ["$LATEST", "$LATEST.PUBLISHED", "1"],
  );
  const on = await client.send(new ListFunctionVersionsByCapacityProviderCommand({ CapacityProviderName: "p" }));
  assert.deepEqual(on.FunctionVersions, [
    { FunctionArn: `${ARN("f")}:$LATEST.PUBLISHED`, State: "Active" },
    { FunctionArn: `${ARN("f")}:1`, State: "Active" },
  ]);
  await assert.rejects(client.send(new DeleteCapacityProviderCommand({ CapacityProviderName: "p" })), {
    name: "ResourceConflictException",
  });
});

test("a function on a provider has more memory and time, and nothing that its provider decides", async () => {
  await using server = await withProvider();
  const { client, lambda } = server;
  const created = await lambda.create("f", "export const handler = () => 1;", { ...MANAGED, Timeout: 5400 });
  assert.deepEqual([created.MemorySize, created.Timeout, created.LoggingConfig?.LogFormat], [2048, 5400, "JSON"]);
  const refused: readonly [what: RegExp, settings: Settings][] = [
    [/'MemorySize' value failed/, { MemorySize: 1024 }],
    [/^SnapStart is not supported/, { SnapStart: { ApplyOn: "PublishedVersions" } }],
    [/^VpcConfig is not supported/, { VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] } }],
    [/^The runtime nodejs20.x is not supported/, { Runtime: "nodejs20.x" }],
  ];
  for (const [message, settings] of refused) {
    await assert.rejects(lambda.create("g", "", { ...MANAGED, ...settings }), {
      name: "InvalidParameterValueException",
      message,
    });
  }
  await assert.rejects(
    client.send(new PutFunctionConcurrencyCommand({ FunctionName: "f", ReservedConcurrentExecutions: 1 })),
    { name: "InvalidParameterValueException", message: /^Reserved concurrency is not supported/ },
  );
  await lambda.create("plain", "export const handler = () => 1;");
  await assert.rejects(lambda.call("PublishVersion", { FunctionName: "plain", PublishTo: "LATEST_PUBLISHED" }), {
    message: "PublishTo is supported for functions with a capacity provider only.",
  });
  await assert.rejects(
    lambda.call("UpdateFunctionConfiguration", {
      FunctionName: "plain",
      CapacityProviderConfig: MANAGED.CapacityProviderConfig,
    }),
    { message: "CapacityProviderConfig can only be set when the function is created." },
  );
});

test("capacity providers and their versions are counted against their quotas", async () => {
  await using server = await withProvider(
    Served.open({ room: { quotas: { capacityProviders: 1, versionsPerCapacityProvider: 1 } } }),
  );
  const { client, lambda } = server;
  await assert.rejects(client.send(new CreateCapacityProviderCommand({ CapacityProviderName: "q", ...SETTINGS })), {
    name: "CapacityProviderLimitExceededException",
  });
  await lambda.create("f", "export const handler = () => 1;", { ...MANAGED, Publish: true });
  await assert.rejects(client.send(new PublishVersionCommand({ FunctionName: "f", PublishTo: "LATEST_PUBLISHED" })), {
    name: "FunctionVersionsPerCapacityProviderLimitExceededException",
  });
});
