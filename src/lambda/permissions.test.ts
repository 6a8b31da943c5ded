/** Resource policies by an unmodified SDK client: built of permissions, put whole, and those of layer versions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AddLayerVersionPermissionCommand,
  AddPermissionCommand,
  type AddPermissionCommandInput,
  DeleteAliasCommand,
  DeleteResourcePolicyCommand,
  GetLayerVersionPolicyCommand,
  GetPolicyCommand,
  GetResourcePolicyCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutResourcePolicyCommand,
  RemoveLayerVersionPermissionCommand,
  RemovePermissionCommand,
} from "@aws-sdk/client-lambda";
import { ARN } from "./testing/harness.ts";
import { Served } from "./testing/served.ts";
import { zipOf } from "./testing/zips.ts";

const SOURCE = "export const handler = () => 1;";
const ORGANISATION = "o-a1b2c3d4e5";

async function withFunction(): Promise<Served> {
  const server = await Served.open();
  await server.lambda.create("f", SOURCE);
  return server;
}

function add(
  { client }: Served,
  settings: Partial<AddPermissionCommandInput>,
): Promise<{ Statement?: string | undefined }> {
  const input = { FunctionName: "f", StatementId: "s", Action: "lambda:InvokeFunction", Principal: "*", ...settings };
  return client.send(new AddPermissionCommand(input));
}

const sids = (policy: string | undefined): unknown[] =>
  JSON.parse(policy ?? "").Statement.map(({ Sid }: { Sid: unknown }) => Sid);

test("AddPermission writes every condition as AWS does", async () => {
  await using server = await withFunction();
  const rows: readonly (readonly [Partial<AddPermissionCommandInput>, unknown, unknown])[] = [
    [{ Principal: "123456789012" }, { AWS: "arn:aws:iam::123456789012:root" }, undefined],
    [{ Principal: "arn:aws:iam::123456789012:role/x" }, { AWS: "arn:aws:iam::123456789012:role/x" }, undefined],
    [{ PrincipalOrgID: ORGANISATION }, "*", { StringEquals: { "aws:PrincipalOrgID": ORGANISATION } }],
    [
      { Principal: "alexa-appkit.amazon.com", EventSourceToken: "amzn1.ask.skill.1" },
      { Service: "alexa-appkit.amazon.com" },
      { StringEquals: { "lambda:EventSourceToken": "amzn1.ask.skill.1" } },
    ],
    [
      { Principal: "s3.amazonaws.com", SourceArn: "arn:aws:s3:::b", SourceAccount: "123456789012" },
      { Service: "s3.amazonaws.com" },
      { StringEquals: { "AWS:SourceAccount": "123456789012" }, ArnLike: { "AWS:SourceArn": "arn:aws:s3:::b" } },
    ],
    [
      { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" },
      "*",
      { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } },
    ],
    [{ InvokedViaFunctionUrl: true }, "*", { Bool: { "lambda:InvokedViaFunctionUrl": "true" } }],
  ];
  for (const [index, [settings, Principal, Condition]] of rows.entries()) {
    const { Statement = "" } = await add(server, { StatementId: `s${index}`, ...settings });
    assert.deepEqual(JSON.parse(Statement), {
      Sid: `s${index}`,
      Effect: "Allow",
      Principal,
      Action: settings.Action ?? "lambda:InvokeFunction",
      Resource: ARN("f"),
      ...(Condition !== undefined && { Condition }),
    });
  }
});

test("AddPermission, GetPolicy and RemovePermission keep one policy per qualifier, each with its own revision", async () => {
  await using server = await withFunction();
  const { client, lambda } = server;
  const get = async (Qualifier?: string) => client.send(new GetPolicyCommand({ FunctionName: "f", Qualifier }));
  await client.send(new PublishVersionCommand({ FunctionName: "f" }));
  await lambda.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  await add(server, { StatementId: "whole" });
  const { Statement = "" } = await add(server, { StatementId: "alias", Qualifier: "live" });
  assert.equal(JSON.parse(Statement).Resource, ARN("f:live"));
  await add(server, { StatementId: "version", FunctionName: ARN("f:1") });
  assert.deepEqual(
    await Promise.all([undefined, "live", "1"].map(async (qualifier) => sids((await get(qualifier)).Policy))),
    [["whole"], ["alias"], ["version"]],
  );
  const { RevisionId } = await get();
  await add(server, { StatementId: "second", RevisionId });
  await assert.rejects(add(server, { StatementId: "third", RevisionId }), { name: "PreconditionFailedException" });
  assert.notEqual((await get()).RevisionId, RevisionId);
  await client.send(new PublishVersionCommand({ FunctionName: "f", Description: "no part of it" }));
  const latest = (await get()).RevisionId;
  await client.send(new RemovePermissionCommand({ FunctionName: "f", StatementId: "whole", RevisionId: latest }));
  assert.deepEqual(sids((await get()).Policy), ["second"]);
  await client.send(new DeleteAliasCommand({ FunctionName: "f", Name: "live" }));
  await assert.rejects(get("live"), { name: "ResourceNotFoundException" });
});

test("of two AddPermission on one revision one wins and one is told of the other", async () => {
  await using server = await withFunction();
  await add(server, { StatementId: "first" });
  const { RevisionId } = await server.client.send(new GetPolicyCommand({ FunctionName: "f" }));
  const both = await Promise.allSettled(["a", "b"].map((StatementId) => add(server, { StatementId, RevisionId })));
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const [lost] = both.filter((one) => one.status === "rejected");
  assert.equal(lost?.reason.name, "PreconditionFailedException");
});

test("AddPermission past 20 KB is refused with the size that the policy would have", async () => {
  await using server = await withFunction();
  const SourceArn = `arn:aws:s3:::${"b".repeat(3000)}`;
  const adding = async (): Promise<number> => {
    for (let count = 0; ; count += 1) await add(server, { StatementId: `s${count}`, SourceArn });
  };
  await assert.rejects(adding, {
    name: "PolicyLengthExceededException",
    message: /^The final policy size \(2\d{4}\) is bigger than the limit \(20480\)\.$/,
  });
  const { Policy } = await server.client.send(new GetPolicyCommand({ FunctionName: "f" }));
  assert.equal(sids(Policy).length, 6);
});

const WHOLE = {
  Version: "2012-10-17",
  Statement: [
    { Sid: "org", Effect: "Allow", Principal: "*", Action: "lambda:InvokeFunction", Resource: ARN("f") },
    { Effect: "Deny", Principal: { AWS: "111122223333" }, Action: "lambda:*", Resource: `${ARN("f")}*` },
  ],
};

test("PutResourcePolicy replaces what AddPermission built, and GetPolicy shows what GetResourcePolicy does", async () => {
  await using server = await withFunction();
  const { client } = server;
  const ResourceArn = ARN("f");
  await add(server, { StatementId: "built" });
  const shown = await client.send(new GetResourcePolicyCommand({ ResourceArn }));
  assert.deepEqual(sids(shown.Policy), ["built"]);
  const put = await client.send(
    new PutResourcePolicyCommand({ ResourceArn, Policy: JSON.stringify(WHOLE, null, 2), RevisionId: shown.RevisionId }),
  );
  assert.deepEqual(JSON.parse(put.Policy ?? ""), WHOLE);
  const [whole, parts] = await Promise.all([
    client.send(new GetResourcePolicyCommand({ ResourceArn })),
    client.send(new GetPolicyCommand({ FunctionName: "f" })),
  ]);
  assert.deepEqual([whole.Policy, whole.RevisionId], [put.Policy, put.RevisionId]);
  assert.deepEqual([parts.Policy, parts.RevisionId], [put.Policy, put.RevisionId]);

  await add(server, { StatementId: "more" });
  await assert.rejects(add(server, { StatementId: "org" }), { name: "ResourceConflictException" });
  await client.send(new RemovePermissionCommand({ FunctionName: "f", StatementId: "org" }));
  const changed = await client.send(new GetPolicyCommand({ FunctionName: "f" }));
  assert.deepEqual(sids(changed.Policy), [undefined, "more"]);
});

test("PutResourcePolicy and DeleteResourcePolicy hold to revisions, and to one function, version or alias", async () => {
  await using server = await withFunction();
  const { client, lambda } = server;
  await client.send(new PublishVersionCommand({ FunctionName: "f" }));
  await lambda.call("CreateAlias", { FunctionName: "f", Name: "live", FunctionVersion: "1" });
  const put = (ResourceArn: string, RevisionId?: string) =>
    client.send(new PutResourcePolicyCommand({ ResourceArn, Policy: JSON.stringify(WHOLE), RevisionId }));
  const first = await put(ARN("f"));
  const second = await put(ARN("f"), first.RevisionId);
  assert.notEqual(second.RevisionId, first.RevisionId);
  const text =
    "The Revision Id provided does not match the latest Revision Id. Call the GetResourcePolicy API to retrieve the latest Revision Id";
  await assert.rejects(put(ARN("f"), first.RevisionId), { name: "PreconditionFailedException", message: text });
  await put(ARN("f:live"));
  await put(ARN("f:1"));
  const remove = (ResourceArn: string, RevisionId?: string) =>
    client.send(new DeleteResourcePolicyCommand({ ResourceArn, RevisionId }));
  await assert.rejects(remove(ARN("f"), first.RevisionId), { name: "PreconditionFailedException" });
  await remove(ARN("f"), second.RevisionId);
  await assert.rejects(client.send(new GetResourcePolicyCommand({ ResourceArn: ARN("f") })), {
    name: "ResourceNotFoundException",
    message: "The resource you requested does not exist.",
  });
  await assert.rejects(remove(ARN("f")), { name: "ResourceNotFoundException" });
  assert.ok((await client.send(new GetResourcePolicyCommand({ ResourceArn: ARN("f:live") }))).Policy);
  assert.ok((await client.send(new GetPolicyCommand({ FunctionName: "f", Qualifier: "1" }))).Policy);
});

test("AddLayerVersionPermission, GetLayerVersionPolicy and RemoveLayerVersionPermission keep a layer version's policy", async () => {
  await using server = await Served.open();
  const { client } = server;
  const Content = { ZipFile: await zipOf({ "nodejs/x.js": "1" }) };
  const { LayerVersionArn } = await client.send(new PublishLayerVersionCommand({ LayerName: "tools", Content }));
  const version = { LayerName: "tools", VersionNumber: 1 };
  const permit = (StatementId: string, Principal: string, OrganizationId?: string) =>
    client.send(
      new AddLayerVersionPermissionCommand({
        ...version,
        StatementId,
        Action: "lambda:GetLayerVersion",
        Principal,
        OrganizationId,
      }),
    );
  const get = () => client.send(new GetLayerVersionPolicyCommand(version));
  await assert.rejects(get(), { message: "No policy is associated with the given resource." });
  const first = await permit("org", "*", ORGANISATION);
  assert.equal(
    first.Statement,
    `{"Sid":"org","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion","Resource":"${LayerVersionArn}","Condition":{"StringEquals":{"aws:PrincipalOrgID":"${ORGANISATION}"}}}`,
  );
  const second = await permit("root", "arn:aws:iam::123456789012:root");
  assert.deepEqual(JSON.parse(second.Statement ?? "").Principal, { AWS: "arn:aws:iam::123456789012:root" });
  assert.notEqual(second.RevisionId, first.RevisionId);
  const shown = await get();
  assert.equal(shown.RevisionId, second.RevisionId);
  assert.equal(
    shown.Policy,
    `{"Version":"2012-10-17","Id":"default","Statement":[${first.Statement},${second.Statement}]}`,
  );
  const remove = (StatementId: string, RevisionId?: string) =>
    client.send(new RemoveLayerVersionPermissionCommand({ ...version, StatementId, RevisionId }));
  await assert.rejects(remove("org", first.RevisionId), { name: "PreconditionFailedException" });
  await remove("org", second.RevisionId);
  await remove("root");
  await assert.rejects(get(), { name: "ResourceNotFoundException" });
});
