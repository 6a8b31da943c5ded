/** Goal: every list of the API comes whole in the smallest pages, through the SDK's own paginators; foreign tokens are refused. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CreateAliasCommand,
  CreateCapacityProviderCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionUrlConfigCommand,
  type LambdaClient,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionEventInvokeConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
  paginateListAliases,
  paginateListCapacityProviders,
  paginateListCodeSigningConfigs,
  paginateListDurableExecutionsByFunction,
  paginateListEventSourceMappings,
  paginateListFunctionEventInvokeConfigs,
  paginateListFunctions,
  paginateListFunctionUrlConfigs,
  paginateListFunctionVersionsByCapacityProvider,
  paginateListLayers,
  paginateListLayerVersions,
  paginateListProvisionedConcurrencyConfigs,
  paginateListVersionsByFunction,
} from "@aws-sdk/client-lambda";
import { ROLE } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";
import { zipOf } from "./testing/zips.ts";

const FunctionName = "f";
const PROVIDER = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p0";

let server: Served;
before(async () => {
  server = await Served.open();
  const { client, lambda } = server;
  for (const name of ["p0", "p1", "p2"]) {
    await client.send(
      new CreateCapacityProviderCommand({
        CapacityProviderName: name,
        VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] },
        PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
      }),
    );
  }
  for (const name of ["f", "g", "h"]) await lambda.create(name, `export const handler = () => "${name}";`);
  const on = { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: PROVIDER } };
  for (const name of ["m", "n"]) await lambda.create(name, "", { CapacityProviderConfig: on, Publish: true });
  for (const version of ["1", "2", "3"]) {
    await lambda.call("UpdateFunctionConfiguration", { FunctionName, Description: version });
    await client.send(new PublishVersionCommand({ FunctionName }));
    await client.send(new CreateAliasCommand({ FunctionName, Name: `a${version}`, FunctionVersion: version }));
    const target = { FunctionName, Qualifier: `a${version}` };
    await client.send(new CreateFunctionUrlConfigCommand({ ...target, AuthType: "NONE" }));
    await client.send(new PutFunctionEventInvokeConfigCommand({ ...target, MaximumRetryAttempts: 1 }));
    await client.send(new PutProvisionedConcurrencyConfigCommand({ ...target, ProvisionedConcurrentExecutions: 1 }));
    const EventSourceArn = `arn:aws:sqs:us-east-1:000000000000:q${version}`;
    await client.send(new CreateEventSourceMappingCommand({ FunctionName, EventSourceArn }));
    const Content = { ZipFile: await zipOf({ "nodejs/x.js": version }) };
    await client.send(new PublishLayerVersionCommand({ LayerName: "lay", Content }));
    await client.send(new PublishLayerVersionCommand({ LayerName: `lay${version}`, Content }));
  }
});
after(() => server?.[Symbol.asyncDispose]());

type Pages = (client: LambdaClient, pageSize: number) => AsyncIterable<object>;

/** Per list: its pages, and how many items there are. */
const LISTS: Readonly<Record<string, readonly [pages: Pages, items: number]>> = {
  ListFunctions: [(client, pageSize) => paginateListFunctions({ client, pageSize }, {}), 5],
  "ListFunctions with FunctionVersion=ALL": [
    (client, pageSize) => paginateListFunctions({ client, pageSize }, { FunctionVersion: "ALL" }),
    10,
  ],
  ListVersionsByFunction: [
    (client, pageSize) => paginateListVersionsByFunction({ client, pageSize }, { FunctionName }),
    4,
  ],
  ListAliases: [(client, pageSize) => paginateListAliases({ client, pageSize }, { FunctionName }), 3],
  ListFunctionUrlConfigs: [
    (client, pageSize) => paginateListFunctionUrlConfigs({ client, pageSize }, { FunctionName }),
    3,
  ],
  ListFunctionEventInvokeConfigs: [
    (client, pageSize) => paginateListFunctionEventInvokeConfigs({ client, pageSize }, { FunctionName }),
    3,
  ],
  ListProvisionedConcurrencyConfigs: [
    (client, pageSize) => paginateListProvisionedConcurrencyConfigs({ client, pageSize }, { FunctionName }),
    3,
  ],
  ListEventSourceMappings: [(client, pageSize) => paginateListEventSourceMappings({ client, pageSize }, {}), 3],
  ListLayers: [(client, pageSize) => paginateListLayers({ client, pageSize }, {}), 4],
  ListLayerVersions: [(client, pageSize) => paginateListLayerVersions({ client, pageSize }, { LayerName: "lay" }), 3],
  ListCapacityProviders: [(client, pageSize) => paginateListCapacityProviders({ client, pageSize }, {}), 3],
  ListFunctionVersionsByCapacityProvider: [
    (client, pageSize) =>
      paginateListFunctionVersionsByCapacityProvider({ client, pageSize }, { CapacityProviderName: PROVIDER }),
    2,
  ],
  ListCodeSigningConfigs: [(client, pageSize) => paginateListCodeSigningConfigs({ client, pageSize }, {}), 0],
  ListDurableExecutionsByFunction: [
    (client, pageSize) => paginateListDurableExecutionsByFunction({ client, pageSize }, { FunctionName }),
    0,
  ],
};

for (const [list, [pages, count]] of Object.entries(LISTS)) {
  test(`${list} comes whole and in order in pages of one`, async () => {
    const whole = await itemsOf(pages(server.client, 50), 50);
    assert.equal(whole.length, count);
    for (const size of [1, 3]) assert.deepEqual(await itemsOf(pages(server.client, size), size), whole);
  });
}

/** Items of all pages: the one list that each has, with no more than `size` of them. */
async function itemsOf(pages: AsyncIterable<object>, size: number): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  for await (const page of pages) {
    for (const list of Object.values(page).filter(Array.isArray)) {
      assert.ok(list.length <= size);
      items.push(...list);
    }
  }
  return items;
}

test("a token that was altered, or is another list's, is refused", async () => {
  const { client } = server;
  const { NextMarker = "" } = await client.send(new ListFunctionsCommand({ MaxItems: 1 }));
  const refused = { name: "InvalidParameterValueException", message: "Invalid pagination token" };
  const altered = NextMarker.replace(/^./, (first) => (first === "Z" ? "Y" : "Z"));
  await assert.rejects(client.send(new ListFunctionsCommand({ Marker: altered })), refused);
  await assert.rejects(client.send(new ListAliasesCommand({ FunctionName, Marker: NextMarker })), refused);
  await assert.rejects(client.send(new ListVersionsByFunctionCommand({ FunctionName, Marker: "1" })), refused);
});

test("ListFunctions with a MasterRegion has no functions, since none is replicated", async () => {
  const { Functions } = await server.client.send(new ListFunctionsCommand({ MasterRegion: "us-east-1" }));
  assert.deepEqual(Functions, []);
});
