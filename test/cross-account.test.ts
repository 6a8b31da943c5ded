/**
 * Functions and layers of another account. Goal: account B may do with what account A owns exactly what A's resource
 * policies grant, and where requests are authenticated only what B's own policies allow besides. Method: the SDK as two
 * accounts, against a server that authenticates nobody and one that enforces.
 */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import {
  AddLayerVersionPermissionCommand,
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteLayerVersionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetLayerVersionByArnCommand,
  GetLayerVersionCommand,
  InvokeAsyncCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  type LambdaClient,
  ListTagsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  RemovePermissionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { until } from "../src/base/testing/until.ts";
import { answerOf, type Keys, lambdaOf, rootKeys, settings } from "./support/accounts.ts";
import { createFunction } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const A = "111122223333";
const B = "444455556666";
const SHARED = `arn:aws:lambda:us-east-1:${A}:function:shared`;
const LAYER = `arn:aws:lambda:us-east-1:${A}:layer:tools`;
const HANDLER = `export const handler = async (event, context) => {
  if (event.requestPayload) { console.log("told of", event.requestPayload.id); return null; }
  return { arn: context.invokedFunctionArn, key: process.env.AWS_LAMBDA_LOG_GROUP_NAME };
};`;

const account = (accountId: string): Keys => ({ accessKeyId: accountId, secretAccessKey: "any" });

function refusal(who: string, action: string, resource: string, kind = "resource"): object {
  const message = `User: ${who} is not authorized to perform: ${action} on resource: ${resource} because no ${kind}-based policy allows the ${action} action`;
  return { name: "AccessDeniedException", message };
}

async function publishLayer(client: LambdaClient): Promise<void> {
  const content = { ZipFile: await zip({ "nodejs/node_modules/tool/index.js": "module.exports = 7;" }) };
  await client.send(new PublishLayerVersionCommand({ LayerName: "tools", Content: content }));
}

async function functionOf(accountId: string, FunctionName: string, Layers: string[]): Promise<CreateFunctionCommand> {
  return new CreateFunctionCommand({
    FunctionName,
    Layers,
    Runtime: "nodejs26.x",
    Handler: "index.handler",
    Role: `arn:aws:iam::${accountId}:role/tester`,
    Code: { ZipFile: await zip({ "index.mjs": HANDLER }) },
  });
}

suite("where nobody is authenticated", { concurrency: false }, () => {
  let server: TestServer;
  let owner: LambdaClient;
  let other: LambdaClient;
  const who = `arn:aws:iam::${B}:user/lambent`;
  const grant = (Action: string, more: object = {}) =>
    owner.send(
      new AddPermissionCommand({
        FunctionName: "shared",
        StatementId: `s${Action.replace(/\W/g, "")}`,
        Action,
        Principal: B,
        ...more,
      }),
    );

  before(async () => {
    server = await startServer();
    owner = lambdaOf(server, account(A));
    other = lambdaOf(server, account(B));
    await createFunction(owner, {
      FunctionName: "shared",
      Runtime: "nodejs26.x",
      Role: `arn:aws:iam::${A}:role/tester`,
      files: { "index.mjs": HANDLER },
    });
    await publishLayer(owner);
  });
  after(async () => {
    owner?.destroy();
    other?.destroy();
    await server?.[Symbol.asyncDispose]();
  });

  test("Invoke, InvokeAsync and InvokeWithResponseStream of another account's function are refused, and run in its account once granted", async () => {
    const expected = refusal(who, "lambda:InvokeFunction", SHARED);
    await assert.rejects(answerOf(other, SHARED), expected);
    await assert.rejects(answerOf(other, `${A}:function:shared`), expected);
    await assert.rejects(other.send(new InvokeCommand({ FunctionName: SHARED, InvocationType: "DryRun" })), expected);
    await assert.rejects(other.send(new InvokeAsyncCommand({ FunctionName: SHARED, InvokeArgs: "{}" })), expected);
    await assert.rejects(other.send(new InvokeWithResponseStreamCommand({ FunctionName: SHARED })), expected);
    await assert.rejects(
      answerOf(other, `arn:aws:lambda:us-east-1:${A}:function:absent`),
      refusal(who, "lambda:InvokeFunction", `arn:aws:lambda:us-east-1:${A}:function:absent`),
    );
    await grant("lambda:InvokeFunction");
    for (const name of [SHARED, `${A}:function:shared`]) {
      assert.deepEqual(await answerOf(other, name), { arn: SHARED, key: "/aws/lambda/shared" });
    }
    assert.equal((await other.send(new InvokeAsyncCommand({ FunctionName: SHARED, InvokeArgs: "{}" }))).Status, 202);
    const streamed = await other.send(new InvokeWithResponseStreamCommand({ FunctionName: SHARED }));
    assert.equal(streamed.StatusCode, 200);
    for await (const _ of streamed.EventStream ?? []);
    await assert.rejects(answerOf(other, "shared"), { name: "ResourceNotFoundException" });
  });

  test("what runs for another account takes the owner's concurrency", async () => {
    const put = (ReservedConcurrentExecutions: number) =>
      owner.send(new PutFunctionConcurrencyCommand({ FunctionName: "shared", ReservedConcurrentExecutions }));
    await put(0);
    await assert.rejects(answerOf(other, SHARED), { name: "TooManyRequestsException" });
    await put(5);
  });

  test("GetFunction, ListTags, PublishVersion and UpdateFunctionCode cross accounts where the policy grants them, each by itself", async () => {
    const get = new GetFunctionCommand({ FunctionName: SHARED });
    await assert.rejects(other.send(get), refusal(who, "lambda:GetFunction", SHARED));
    await grant("lambda:GetFunction");
    assert.equal((await other.send(get)).Configuration?.FunctionArn, SHARED);
    await assert.rejects(
      other.send(new GetFunctionConfigurationCommand({ FunctionName: SHARED })),
      refusal(who, "lambda:GetFunctionConfiguration", SHARED),
    );
    await assert.rejects(
      other.send(new ListTagsCommand({ Resource: SHARED })),
      refusal(who, "lambda:ListTags", SHARED),
    );
    await grant("lambda:ListTags");
    assert.deepEqual((await other.send(new ListTagsCommand({ Resource: SHARED }))).Tags, {});
    await grant("lambda:PublishVersion");
    const published = await other.send(new PublishVersionCommand({ FunctionName: SHARED }));
    assert.equal(published.FunctionArn, `${SHARED}:1`);
    await grant("lambda:UpdateFunctionCode");
    const ZipFile = await zip({ "index.mjs": HANDLER });
    const updated = await other.send(new UpdateFunctionCodeCommand({ FunctionName: SHARED, ZipFile }));
    assert.equal(updated.FunctionArn, SHARED);
  });

  test("operations that do not cross accounts are refused whatever the policy grants, CreateFunction among them", async () => {
    await grant("lambda:*");
    const mine = await functionOf(B, `arn:aws:lambda:us-east-1:${A}:function:mine`, []);
    const sent = [
      () => other.send(new UpdateFunctionConfigurationCommand({ FunctionName: SHARED, Timeout: 5 })),
      () => other.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: SHARED })),
      () => other.send(new RemovePermissionCommand({ FunctionName: SHARED, StatementId: "slambda" })),
      () => other.send(mine),
    ];
    for (const each of sent) await assert.rejects(each(), { name: "AccessDeniedException" });
    await owner.send(new RemovePermissionCommand({ FunctionName: "shared", StatementId: "slambda" }));
  });

  test("a grant to an alias is for the alias only, and one to a principal is for nobody else", async () => {
    const third = lambdaOf(server, account("777788889999"));
    using _client = third;
    await assert.rejects(answerOf(third, SHARED), { name: "AccessDeniedException" });
    await owner.send(
      new AddPermissionCommand({
        FunctionName: "shared",
        Qualifier: "1",
        StatementId: "third",
        Action: "lambda:InvokeFunction",
        Principal: "777788889999",
      }),
    );
    await assert.rejects(answerOf(third, SHARED), { name: "AccessDeniedException" });
    assert.deepEqual(await answerOf(third, `${SHARED}:1`), { arn: `${SHARED}:1`, key: "/aws/lambda/shared" });
  });

  test("GetLayerVersion and CreateFunction use another account's layer once AddLayerVersionPermission says so", async () => {
    const resource = `${LAYER}:1`;
    const expected = refusal(who, "lambda:GetLayerVersion", resource);
    const read = [
      new GetLayerVersionCommand({ LayerName: LAYER, VersionNumber: 1 }),
      new GetLayerVersionByArnCommand({ Arn: resource }),
    ] as const;
    await assert.rejects(other.send(read[0]), expected);
    await assert.rejects(other.send(read[1]), expected);
    const create = await functionOf(B, "layered", [resource]);
    await assert.rejects(other.send(create), expected);
    await owner.send(
      new AddLayerVersionPermissionCommand({
        LayerName: "tools",
        VersionNumber: 1,
        StatementId: "b",
        Action: "lambda:GetLayerVersion",
        Principal: B,
      }),
    );
    assert.equal((await other.send(read[0])).LayerVersionArn, resource);
    assert.equal((await other.send(read[1])).LayerVersionArn, resource);
    assert.deepEqual(
      (await other.send(create)).Layers?.map(({ Arn }) => Arn),
      [resource],
    );
    await assert.rejects(
      other.send(new DeleteLayerVersionCommand({ LayerName: LAYER, VersionNumber: 1 })),
      refusal(who, "lambda:DeleteLayerVersion", resource),
    );
  });

  test("a function of another account is a destination where its policy lets the sender's role in", async () => {
    await createFunction(other, {
      FunctionName: "sender",
      Runtime: "nodejs26.x",
      Role: `arn:aws:iam::${B}:role/sender`,
      files: { "index.mjs": HANDLER },
    });
    const target = `arn:aws:lambda:us-east-1:${A}:function:told`;
    await createFunction(owner, {
      FunctionName: "told",
      Runtime: "nodejs26.x",
      Role: `arn:aws:iam::${A}:role/tester`,
      files: { "index.mjs": HANDLER },
    });
    const DestinationConfig = { OnSuccess: { Destination: target } };
    await other.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "sender", DestinationConfig }));
    const send = (id: string) =>
      other.send(
        new InvokeCommand({ FunctionName: "sender", InvocationType: "Event", Payload: JSON.stringify({ id }) }),
      );
    await send("refused");
    await until("the refused event", () => /is lost.*lambda:InvokeFunction/s.test(server.output()));
    const permission = { FunctionName: "told", StatementId: "b", Action: "lambda:InvokeFunction" };
    await owner.send(new AddPermissionCommand({ ...permission, Principal: `arn:aws:iam::${B}:role/sender` }));
    await send("granted");
    await until("the granted event", async () => (await logOf(server, "/aws/lambda/told")).includes("told of granted"));
    assert.doesNotMatch(await logOf(server, "/aws/lambda/told"), /told of refused/);
  });
});

async function logOf({ url }: TestServer, logGroupName: string): Promise<string> {
  const { CloudWatchLogsClient, FilterLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const client = new CloudWatchLogsClient({ endpoint: url, region: "us-east-1", credentials: account(A) });
  try {
    const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName }));
    return events.map(({ message }) => message).join("");
  } catch (error) {
    if (error instanceof Error && error.name === "ResourceNotFoundException") return "";
    throw error;
  } finally {
    client.destroy();
  }
}

suite("where requests are authenticated", { concurrency: false }, () => {
  test("a user needs its own policy as well as the other account's, for functions and for layers", async () => {
    await using server = await startServer({ args: ["--auth=enforce"] });
    const rootOf = (accountId: string) => rootKeys(server, accountId);
    using owner = lambdaOf(server, await rootOf(A));
    const b = await rootOf(B);
    await using stack = new AsyncDisposableStack();
    const iamAs = (keys: Keys) => stack.adopt(new IAMClient(settings(server, keys)), (client) => void client.destroy());
    const iam = iamAs(b);
    const trust = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
    };
    for (const client of [iam, iamAs(await rootOf(A))]) {
      await client.send(new CreateRoleCommand({ RoleName: "tester", AssumeRolePolicyDocument: JSON.stringify(trust) }));
    }
    const { User: user } = await iam.send(new CreateUserCommand({ UserName: "eva" }));
    const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: "eva" }));
    const eva = { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
    const who = user?.Arn ?? "";
    using other = lambdaOf(server, eva);
    using root = lambdaOf(server, b);
    await createFunction(owner, {
      FunctionName: "shared",
      Runtime: "nodejs26.x",
      Role: `arn:aws:iam::${A}:role/tester`,
      files: { "index.mjs": HANDLER },
    });
    await publishLayer(owner);

    await assert.rejects(answerOf(other, SHARED), refusal(who, "lambda:InvokeFunction", SHARED, "identity"));
    await assert.rejects(answerOf(root, SHARED), refusal(`arn:aws:iam::${B}:root`, "lambda:InvokeFunction", SHARED));
    const permission = { FunctionName: "shared", StatementId: "b", Action: "lambda:InvokeFunction", Principal: B };
    await owner.send(new AddPermissionCommand(permission));
    assert.deepEqual(await answerOf(root, SHARED), { arn: SHARED, key: "/aws/lambda/shared" });
    await assert.rejects(answerOf(other, SHARED), refusal(who, "lambda:InvokeFunction", SHARED, "identity"));
    const statements = [
      { Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: SHARED },
      { Effect: "Allow", Action: ["lambda:CreateFunction", "lambda:GetLayerVersion", "iam:PassRole"], Resource: "*" },
    ];
    await iam.send(
      new PutUserPolicyCommand({
        UserName: "eva",
        PolicyName: "use",
        PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: statements }),
      }),
    );
    assert.deepEqual(await answerOf(other, SHARED), { arn: SHARED, key: "/aws/lambda/shared" });

    const create = await functionOf(B, "layered", [`${LAYER}:1`]);
    await assert.rejects(other.send(create), refusal(who, "lambda:GetLayerVersion", `${LAYER}:1`));
    const share = { LayerName: "tools", VersionNumber: 1, StatementId: "b", Action: "lambda:GetLayerVersion" };
    await owner.send(new AddLayerVersionPermissionCommand({ ...share, Principal: B }));
    assert.deepEqual(
      (await other.send(create)).Layers?.map(({ Arn }) => Arn),
      [`${LAYER}:1`],
    );
    await assert.rejects(other.send(new UpdateFunctionConfigurationCommand({ FunctionName: SHARED })), {
      name: "AccessDeniedException",
    });
  });
});
