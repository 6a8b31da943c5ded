/** Provisioned concurrency and account limits as an SDK client sees them: shapes, refusals, pages, what follows from what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetProvisionedConcurrencyConfigCommand,
  ListProvisionedConcurrencyConfigsCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  type PutProvisionedConcurrencyConfigCommandInput,
  paginateListProvisionedConcurrencyConfigs,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { ARN } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";

const FunctionName = "f";

/** A server with function `f` in versions 1 and 2, and the alias `live` for 1. */
async function withVersions(): Promise<Served> {
  const server = await Served.open({
    room: { quotas: { concurrentExecutions: 200 } },
    router: { accountConcurrency: 200 },
  });
  const { client, lambda } = server;
  await lambda.create("f", "export const handler = () => 1;");
  await client.send(new PublishVersionCommand({ FunctionName }));
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: "second" }));
  await client.send(new PublishVersionCommand({ FunctionName }));
  await client.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
  return server;
}

const put = (Qualifier: string, ProvisionedConcurrentExecutions: number): PutProvisionedConcurrencyConfigCommand =>
  new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier, ProvisionedConcurrentExecutions });
const get = (Qualifier: string): GetProvisionedConcurrencyConfigCommand =>
  new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier });

test("provisioned concurrency is put, shown, listed and deleted in AWS's shapes", async () => {
  await using server = await withVersions();
  const { client } = server;
  const answered = await client.send(put("live", 3));
  const { $metadata, LastModified, ...begun } = answered;
  assert.equal($metadata.httpStatusCode, 202);
  assert.match(String(LastModified), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  assert.deepEqual(begun, {
    RequestedProvisionedConcurrentExecutions: 3,
    AvailableProvisionedConcurrentExecutions: 0,
    AllocatedProvisionedConcurrentExecutions: 0,
    Status: "IN_PROGRESS",
  });
  const { $metadata: _metadata, ...shown } = await client.send(get("live"));
  const ready = {
    RequestedProvisionedConcurrentExecutions: 3,
    AvailableProvisionedConcurrentExecutions: 3,
    AllocatedProvisionedConcurrentExecutions: 3,
    Status: "READY",
    LastModified,
  };
  assert.deepEqual(shown, ready);
  const { ProvisionedConcurrencyConfigs: listed } = await client.send(
    new ListProvisionedConcurrencyConfigsCommand({ FunctionName }),
  );
  assert.deepEqual(listed, [{ FunctionArn: `${ARN("f")}:live`, ...ready }]);
  const gone = await client.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: "live" }));
  assert.equal(gone.$metadata.httpStatusCode, 204);
  await assert.rejects(client.send(get("live")), {
    name: "ProvisionedConcurrencyConfigNotFoundException",
    message: "No Provisioned Concurrency Config found for this function",
  });
  assert.deepEqual(server.lambda.environments.provisioned.get(ARN("f")), []);
});

test("what AWS refuses is refused with its codes and texts", async () => {
  await using server = await withVersions();
  const { client } = server;
  const refused = async (command: Promise<unknown>, name: string, message: string): Promise<void> =>
    assert.rejects(command, { name, message });
  const invalid = "InvalidParameterValueException";
  await refused(
    client.send(put("$LATEST", 1)),
    invalid,
    "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
  );
  await refused(
    client.send(get("$LATEST")),
    invalid,
    "The function resource provided must be an alias or a published version.",
  );
  await refused(client.send(put("none", 1)), "ResourceNotFoundException", `Cannot find alias arn: ${ARN("f")}:none`);
  await refused(client.send(put("9", 1)), "ResourceNotFoundException", `Function not found: ${ARN("f")}:9`);
  await refused(
    client.send(put("1", 0)),
    "ValidationException",
    "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
  );
  await refused(
    client.send(put("1", 201)),
    invalid,
    "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [200].",
  );
  await refused(
    client.send(put("1", 101)),
    invalid,
    "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
  );
  await client.send(put("1", 5));
  await refused(
    client.send(put("live", 1)),
    "ResourceConflictException",
    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
  );
  await refused(
    client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 4 })),
    invalid,
    " ReservedConcurrentExecutions  4 should not be lower than function's total provisioned concurrency [5].",
  );
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 6 }));
  await refused(
    client.send(put("2", 2)),
    invalid,
    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
  );
  await client.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: "1" }));
  await client.send(put("live", 1));
  await refused(
    client.send(put("1", 1)),
    "ResourceConflictException",
    "Version is pointed by a Provisioned Concurrency alias",
  );
  const routing = { AdditionalVersionWeights: { "2": 0.5 } };
  await client.send(
    new CreateAliasCommand({ FunctionName, Name: "both", FunctionVersion: "1", RoutingConfig: routing }),
  );
  await refused(
    client.send(put("both", 1)),
    invalid,
    "Alias with weights can not be used with Provisioned Concurrency",
  );
  await refused(
    client.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName: "nobody" })),
    "ResourceNotFoundException",
    `Function not found: ${ARN("nobody")}`,
  );
});

test("an alias takes its provisioned concurrency to the version that it moves to, and into nothing when it goes", async () => {
  await using server = await withVersions();
  const { client, lambda } = server;
  await client.send(put("live", 4));
  const shares = (): unknown =>
    lambda.environments.provisioned
      .get(ARN("f"))
      ?.flatMap((target) => target.shares.map(({ version, count }) => [target.qualifier, version.version, count]));
  assert.deepEqual(shares(), [["live", "1", 4]]);
  await client.send(new UpdateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "2" }));
  assert.deepEqual(shares(), [["live", "2", 4]]);
  const routing = { AdditionalVersionWeights: { "1": 0.25 } };
  await client.send(new UpdateAliasCommand({ FunctionName, Name: "live", RoutingConfig: routing }));
  assert.deepEqual(shares(), [
    ["live", "2", 3],
    ["live", "1", 1],
  ]);
  await client.send(new DeleteAliasCommand({ FunctionName, Name: "live" }));
  assert.deepEqual(shares(), []);
  await client.send(put("2", 1));
  await client.send(new DeleteFunctionCommand({ FunctionName, Qualifier: "2" }));
  assert.deepEqual(shares(), []);
});

test("account settings count what is reserved, and what is provisioned beyond that", async () => {
  await using server = await withVersions();
  const { client, lambda } = server;
  const unreserved = async (): Promise<number | undefined> =>
    (await client.send(new GetAccountSettingsCommand({}))).AccountLimit?.UnreservedConcurrentExecutions;
  assert.equal(await unreserved(), 200);
  await client.send(put("1", 20));
  assert.equal(await unreserved(), 180);
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 30 }));
  assert.equal(await unreserved(), 170);
  await lambda.create("g", "export const handler = () => 1;");
  await assert.rejects(
    client.send(new PutFunctionConcurrencyCommand({ FunctionName: "g", ReservedConcurrentExecutions: 71 })),
    {
      message:
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    },
  );
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName: "g", ReservedConcurrentExecutions: 70 }));
  assert.equal(await unreserved(), 100);
});

test("lists come in pages", async () => {
  await using server = await withVersions();
  const { client } = server;
  for (const Name of ["a", "b", "c"]) {
    await client.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: "1" }));
    await client.send(put(Name, 1));
  }
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateListProvisionedConcurrencyConfigs({ client, pageSize: 2 }, { FunctionName })) {
    pages.push((page.ProvisionedConcurrencyConfigs ?? []).map((config) => config.FunctionArn));
  }
  const arn = (alias: string): string => `${ARN("f")}:${alias}`;
  assert.deepEqual(pages, [[arn("a"), arn("b")], [arn("c")]]);
});

test("provisioned concurrency is asked for again after a restart, once the server is up", async () => {
  await using server = await withVersions();
  const input: PutProvisionedConcurrencyConfigCommandInput = {
    FunctionName,
    Qualifier: "live",
    ProvisionedConcurrentExecutions: 2,
  };
  await server.client.send(new PutProvisionedConcurrencyConfigCommand(input));
  await server.lambda.restart();
  const targets = server.lambda.environments.provisioned.get(ARN("f"));
  assert.deepEqual(
    targets?.map(({ qualifier, shares }) => [qualifier, shares[0]?.count]),
    [["live", 2]],
  );
});
