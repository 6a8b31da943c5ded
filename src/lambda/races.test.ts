/** Goal: of two clients with one RevisionId one wins and the other gets a 412, for every operation that takes one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AddLayerVersionPermissionCommand,
  AddPermissionCommand,
  CreateAliasCommand,
  DeleteResourcePolicyCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionPolicyCommand,
  GetPolicyCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutResourcePolicyCommand,
  type PutResourcePolicyCommandOutput,
  RemoveLayerVersionPermissionCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { Served } from "./testing/served.ts";
import { zipOf } from "./testing/zips.ts";

const FunctionName = "f";
const LAYER = { LayerName: "lay", VersionNumber: 1 };

/** Per operation: a call with the current revision, made twice at once. `round` tells the two apart. */
const RACES: Readonly<Record<string, (server: Served) => Promise<(round: number) => Promise<unknown>>>> = {
  async UpdateFunctionConfiguration({ client }) {
    const { RevisionId } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return (round) =>
      client.send(new UpdateFunctionConfigurationCommand({ FunctionName, RevisionId, Description: `${round}` }));
  },
  async UpdateFunctionCode({ client }) {
    const { RevisionId } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const zips = await Promise.all([zipOf({ "index.mjs": "export const a = 1;" }), zipOf({ "index.mjs": "2" })]);
    return (round) => client.send(new UpdateFunctionCodeCommand({ FunctionName, RevisionId, ZipFile: zips[round] }));
  },
  async PublishVersion({ client }) {
    const { RevisionId } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return () => client.send(new PublishVersionCommand({ FunctionName, RevisionId }));
  },
  async UpdateAlias({ client }) {
    await client.send(new PublishVersionCommand({ FunctionName }));
    const alias = { FunctionName, Name: "live" };
    const { RevisionId } = await client.send(new CreateAliasCommand({ ...alias, FunctionVersion: "1" }));
    return (round) => client.send(new UpdateAliasCommand({ ...alias, RevisionId, Description: `${round}` }));
  },
  async AddPermission({ client }) {
    const statement = { FunctionName, Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };
    await client.send(new AddPermissionCommand({ ...statement, StatementId: "first" }));
    const { RevisionId } = await client.send(new GetPolicyCommand({ FunctionName }));
    return (round) => client.send(new AddPermissionCommand({ ...statement, RevisionId, StatementId: `s${round}` }));
  },
  async RemovePermission({ client }) {
    const statement = { FunctionName, Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };
    for (const StatementId of ["s0", "s1", "s2"]) {
      await client.send(new AddPermissionCommand({ ...statement, StatementId }));
    }
    const { RevisionId } = await client.send(new GetPolicyCommand({ FunctionName }));
    return (round) => client.send(new RemovePermissionCommand({ FunctionName, RevisionId, StatementId: `s${round}` }));
  },
  async PutResourcePolicy(server) {
    const { put, RevisionId } = await wholePolicy(server);
    return (round) => put(`s${round}`, RevisionId);
  },
  async DeleteResourcePolicy(server) {
    const { put, ResourceArn, RevisionId } = await wholePolicy(server);
    const remove = new DeleteResourcePolicyCommand({ ResourceArn, RevisionId });
    return (round) => (round === 0 ? server.client.send(remove) : put("s1", RevisionId));
  },
  async AddLayerVersionPermission(server) {
    const add = await layerPermissions(server, ["first"]);
    const { RevisionId } = await server.client.send(new GetLayerVersionPolicyCommand(LAYER));
    return (round) => add(`s${round}`, RevisionId);
  },
  async RemoveLayerVersionPermission(server) {
    await layerPermissions(server, ["s0", "s1", "s2"]);
    const { RevisionId } = await server.client.send(new GetLayerVersionPolicyCommand(LAYER));
    return (round) =>
      server.client.send(new RemoveLayerVersionPermissionCommand({ ...LAYER, RevisionId, StatementId: `s${round}` }));
  },
};

interface WholePolicy {
  readonly ResourceArn: string;
  readonly RevisionId: string | undefined;
  put(sid: string, RevisionId?: string): Promise<PutResourcePolicyCommandOutput>;
}

/** A function's policy that was put whole. */
async function wholePolicy({ client }: Served): Promise<WholePolicy> {
  const { FunctionArn: ResourceArn = "" } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const put = (Sid: string, RevisionId?: string): Promise<PutResourcePolicyCommandOutput> => {
    const who = { Principal: { Service: "s3.amazonaws.com" }, Action: "lambda:InvokeFunction", Resource: ResourceArn };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid, Effect: "Allow", ...who }] });
    return client.send(new PutResourcePolicyCommand({ ResourceArn, Policy, RevisionId }));
  };
  const { RevisionId } = await put("first");
  return { ResourceArn, RevisionId, put };
}

async function layerPermissions(
  { client }: Served,
  ids: readonly string[],
): Promise<(StatementId: string, RevisionId?: string) => Promise<unknown>> {
  await client.send(
    new PublishLayerVersionCommand({ LayerName: "lay", Content: { ZipFile: await zipOf({ "nodejs/x.js": "1" }) } }),
  );
  const add = (StatementId: string, RevisionId?: string): Promise<unknown> =>
    client.send(
      new AddLayerVersionPermissionCommand({
        ...LAYER,
        StatementId,
        RevisionId,
        Action: "lambda:GetLayerVersion",
        Principal: "*",
      }),
    );
  for (const id of ids) await add(id);
  return add;
}

for (const [operation, prepare] of Object.entries(RACES)) {
  test(`of two clients that call ${operation} with one RevisionId, one gets a 412`, async () => {
    await using server = await Served.open();
    await server.lambda.create("f", "export const handler = () => 1;");
    const call = await prepare(server);
    const results = await Promise.allSettled([call(0), call(1)]);
    const [lost, ...more] = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    assert.deepEqual(more, []);
    const inUpdate = lost?.name === "ResourceConflictException" && operation.startsWith("UpdateFunction");
    assert.ok(lost?.name === "PreconditionFailedException" || inUpdate, `${lost}`);
    if (!inUpdate) assert.equal(lost.$metadata.httpStatusCode, 412);
    await assert.rejects(call(1), { name: /PreconditionFailedException|ResourceConflictException/ });
  });
}
