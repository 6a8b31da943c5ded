/**
 * Attempts of users with few rights on a server that enforces to get more by how they name things: policies and roles under
 * other paths, partitions that do not fit, other names and functions.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  GetUserCommand,
  IAMClient,
  PutUserPolicyCommand,
  UpdateUserCommand,
} from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { createFunction } from "../support/functions.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ACCOUNT = "000000000000";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const HELLO = { "index.mjs": "export const handler = async (event) => event;" };
const statement = (Effect: "Allow" | "Deny", Action: string | string[], Resource = "*", Condition?: object) => ({
  Effect,
  Action,
  Resource,
  ...(Condition !== undefined && { Condition }),
});
const allow = (Action: string | string[], Resource = "*", Condition?: object) =>
  statement("Allow", Action, Resource, Condition);
const deny = (Action: string | string[], Resource = "*", Condition?: object) =>
  statement("Deny", Action, Resource, Condition);
const document = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const DENIED = /AccessDenied/;

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

let server: TestServer;
let root: Key;
let iam: IAMClient;
let lambda: LambdaClient;
const clients: { destroy(): void }[] = [];

const settings = (credentials: Key, region = "us-east-1") => ({
  endpoint: server.url,
  region,
  credentials,
  maxAttempts: 1,
});
function kept<T extends { destroy(): void }>(client: T): T {
  clients.push(client);
  return client;
}

before(async () => {
  server = await startServer({ args: ["--auth", "enforce"] });
  const file = await readFile(join(server.dataFolder, "root-credentials"), "utf8");
  const value = (name: string): string => new RegExp(`^${name} = (.*)$`, "m").exec(file)?.[1] ?? "";
  root = { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") };
  iam = kept(new IAMClient(settings(root)));
  lambda = kept(new LambdaClient(settings(root)));
});

after(async () => {
  for (const client of clients) client.destroy();
  await server[Symbol.asyncDispose]();
});

async function makeUser(UserName: string, ...statements: object[]): Promise<Key> {
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "own", PolicyDocument: document(...statements) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
}

const iamOf = (key: Key, region?: string): IAMClient => kept(new IAMClient(settings(key, region)));
const lambdaOf = (key: Key): LambdaClient => kept(new LambdaClient(settings(key)));

test("AWS's administrator policy is not to be had under a path that one may attach", async () => {
  const Condition = { ArnLike: { "iam:PolicyARN": "arn:aws:iam::aws:policy/service-role/*" } };
  const key = await makeUser("attacher", allow("iam:AttachUserPolicy", "*", Condition));
  const PolicyArn = "arn:aws:iam::aws:policy/service-role/AdministratorAccess";
  // Whatever it is taken for, as any policy of AWS's that is not kept here, it is not the administrator's.
  await iamOf(key).send(new AttachUserPolicyCommand({ UserName: "attacher", PolicyArn }));
  await assert.rejects(lambdaOf(key).send(new ListFunctionsCommand({})), DENIED);
});

test("a denial holds whatever partition a request is signed for or an ARN says", async () => {
  await iam.send(new CreateUserCommand({ UserName: "protected" }));
  await iam.send(new CreateRoleCommand({ RoleName: "powerful", AssumeRolePolicyDocument: TRUST }));
  const Role = `arn:aws:iam::${ACCOUNT}:role/powerful`;
  const key = await makeUser(
    "denied",
    allow("*"),
    deny("iam:*", `arn:aws:iam::${ACCOUNT}:user/protected`),
    deny("iam:PassRole", Role),
    deny("iam:AttachRolePolicy", "*", {
      ArnEquals: { "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess" },
    }),
  );
  for (const region of ["us-east-1", "cn-north-1", "us-gov-west-1"]) {
    const client = iamOf(key, region);
    await assert.rejects(client.send(new DeleteUserCommand({ UserName: "protected" })), DENIED, region);
    const PolicyArn = "arn:aws-cn:iam::aws:policy/AdministratorAccess";
    await assert.rejects(client.send(new AttachRolePolicyCommand({ RoleName: "powerful", PolicyArn })), DENIED, region);
  }
  for (const partition of ["aws", "aws-cn", "aws-elsewhere"]) {
    const passed = { FunctionName: "dodge", Role: Role.replace("aws", partition), files: HELLO };
    await assert.rejects(createFunction(lambdaOf(key), passed), DENIED, partition);
  }
});

test("tags and boundaries of what a request names count for denials", async () => {
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: "limit", PolicyDocument: document(allow("lambda:*")) }),
  );
  await iam.send(
    new CreateUserCommand({
      UserName: "kept",
      Tags: [{ Key: "kept", Value: "yes" }],
      PermissionsBoundary: Policy?.Arn ?? "",
    }),
  );
  const key = await makeUser(
    "tagged-off",
    allow("iam:*"),
    deny("iam:DeleteUser", "*", { StringEquals: { "aws:ResourceTag/kept": "yes" } }),
    deny("iam:DeleteUserPermissionsBoundary", "*", { StringEquals: { "iam:PermissionsBoundary": Policy?.Arn } }),
  );
  const client = iamOf(key);
  await assert.rejects(client.send(new DeleteUserCommand({ UserName: "kept" })), DENIED);
  await assert.rejects(client.send(new DeleteUserCommand({ UserName: "KEPT" })), DENIED);
  await assert.rejects(client.send(new DeleteUserPermissionsBoundaryCommand({ UserName: "kept" })), DENIED);
});

test("nobody is renamed to what one may not touch", async () => {
  await iam.send(new CreateUserCommand({ UserName: "temporary" }));
  const key = await makeUser("renamer", allow("iam:UpdateUser", `arn:aws:iam::${ACCOUNT}:user/temp*`));
  const client = iamOf(key);
  const renamed = new UpdateUserCommand({ UserName: "temporary", NewUserName: "boss" });
  await assert.rejects(client.send(renamed), DENIED);
  await client.send(new UpdateUserCommand({ UserName: "temporary", NewUserName: "temp2" }));
  assert.equal((await iam.send(new GetUserCommand({ UserName: "temp2" }))).User?.UserName, "temp2");
});

test("a mapping is not taken over by naming a function of one's own", async () => {
  const Role = `arn:aws:iam::${ACCOUNT}:role/polling`;
  await iam.send(new CreateRoleCommand({ RoleName: "polling", AssumeRolePolicyDocument: TRUST }));
  await createFunction(lambda, { FunctionName: "theirs", Role, files: HELLO });
  await createFunction(lambda, { FunctionName: "mine", Role, files: HELLO });
  const { UUID } = await lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName: "theirs",
      EventSourceArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:queue`,
      Enabled: false,
    }),
  );
  const own = { StringEquals: { "lambda:FunctionArn": `arn:aws:lambda:us-east-1:${ACCOUNT}:function:mine` } };
  const client = lambdaOf(await makeUser("mapper", allow("lambda:UpdateEventSourceMapping", "*", own)));
  await assert.rejects(client.send(new UpdateEventSourceMappingCommand({ UUID, FunctionName: "mine" })), DENIED);
});

test("a function that everybody may invoke is invoked with a signature", async () => {
  const Role = `arn:aws:iam::${ACCOUNT}:role/polling`;
  await createFunction(lambda, { FunctionName: "shared", Role, files: HELLO });
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: "shared",
      StatementId: "all",
      Action: "lambda:InvokeFunction",
      Principal: "*",
    }),
  );
  const answer = await fetch(`${server.url}/2015-03-31/functions/shared/invocations`, { method: "POST", body: "{}" });
  assert.deepEqual([answer.status, await answer.json()], [403, { message: "Missing Authentication Token" }]);
});
