/** A server that enforces, from end to end: root makes users and roles, and everybody does what policies allow and no more. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  PutFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { createFunction } from "../support/functions.ts";
import { loggedMessages } from "../support/logs.ts";
import { startServer, type TestServer } from "../support/server.ts";

const LAMBENT: string = join(import.meta.dirname, "../../bin/lambent.js");
const ACCOUNT = "000000000000";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const LOGS = {
  Effect: "Allow",
  Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: "*",
};
const allow = (Action: string | string[], Resource = "*") => ({ Effect: "Allow", Action, Resource });
const document = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

let server: TestServer;
let root: Key;
let lambda: LambdaClient;
let iam: IAMClient;
const clients: { destroy(): void }[] = [];

const settings = (credentials: Key) => ({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 1 });
function kept<T extends { destroy(): void }>(client: T): T {
  clients.push(client);
  return client;
}
const lambdaOf = (key: Key): LambdaClient => kept(new LambdaClient(settings(key)));

before(async () => {
  server = await startServer({ args: ["--auth", "enforce"] });
  const file = await readFile(join(server.dataFolder, "root-credentials"), "utf8");
  const value = (name: string): string => new RegExp(`^${name} = (.*)$`, "m").exec(file)?.[1] ?? "";
  root = { accessKeyId: value("aws_access_key_id"), secretAccessKey: value("aws_secret_access_key") };
  lambda = lambdaOf(root);
  iam = kept(new IAMClient(settings(root)));
});

after(async () => {
  for (const client of clients) client.destroy();
  await server[Symbol.asyncDispose]();
});

async function makeRole(RoleName: string, ...statements: object[]): Promise<string> {
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  if (statements.length > 0) {
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "own", PolicyDocument: document(...statements) }));
  }
  return `arn:aws:iam::${ACCOUNT}:role/${RoleName}`;
}

async function makeUser(UserName: string, ...statements: object[]): Promise<Key> {
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "own", PolicyDocument: document(...statements) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
}

const invoke = async (client: LambdaClient, FunctionName: string, event: unknown): Promise<unknown> => {
  const { Payload } = await client.send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  return JSON.parse(Buffer.from(Payload ?? []).toString());
};

const CALLER = `import { LambdaClient, GetFunctionCommand, DeleteFunctionCommand } from "@aws-sdk/client-lambda";
const commands = { GetFunctionCommand, DeleteFunctionCommand };
export const handler = async ({ command, name, keys }) => {
  if (keys) return { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY, sessionToken: process.env.AWS_SESSION_TOKEN };
  try {
    await new LambdaClient({}).send(new commands[command]({ FunctionName: name }));
    return "done";
  } catch (error) {
    return error.name + ": " + error.message;
  }
};`;
const HELLO = { "index.mjs": "export const handler = async (event) => { console.log('seen'); return event; };" };

test("the root key is in a file that its owner alone reads, and does everything", async () => {
  const { mode } = await stat(join(server.dataFolder, "root-credentials"));
  assert.equal(mode & 0o777, 0o600);
  const sts = kept(new STSClient(settings(root)));
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, `arn:aws:iam::${ACCOUNT}:root`);
  await lambda.send(new ListFunctionsCommand({}));
});

test("a function does with its role's credentials what the role may, inside and outside, and no more", async () => {
  const Role = await makeRole("reader", LOGS, allow("lambda:GetFunction"));
  await createFunction(lambda, { FunctionName: "reader", Role, Timeout: 20, files: { "index.mjs": CALLER } });
  assert.equal(await invoke(lambda, "reader", { command: "GetFunctionCommand", name: "reader" }), "done");
  const session = `arn:aws:sts::${ACCOUNT}:assumed-role/reader/reader`;
  const refusal = `AccessDeniedException: User: ${session} is not authorized to perform: lambda:DeleteFunction on resource: ${functionArn("reader")} because no identity-based policy allows the lambda:DeleteFunction action`;
  assert.equal(await invoke(lambda, "reader", { command: "DeleteFunctionCommand", name: "reader" }), refusal);
  const stolen = (await invoke(lambda, "reader", { keys: true })) as Key;
  const outside = lambdaOf(stolen);
  await outside.send(new GetFunctionCommand({ FunctionName: "reader" }));
  await assert.rejects(outside.send(new DeleteFunctionCommand({ FunctionName: "reader" })), {
    name: "AccessDeniedException",
  });
  await assert.rejects(outside.send(new InvokeCommand({ FunctionName: "reader" })), { name: "AccessDeniedException" });
  const { sessionToken: _, ...bare } = stolen;
  await assert.rejects(lambdaOf(bare).send(new GetFunctionCommand({ FunctionName: "reader" })), {
    name: "UnrecognizedClientException",
  });
  const other = { ...stolen, sessionToken: `${stolen.sessionToken}x` };
  await assert.rejects(lambdaOf(other).send(new GetFunctionCommand({ FunctionName: "reader" })), {
    name: "UnrecognizedClientException",
  });
});

test("what a change of a policy or a key gives and takes holds at once", async () => {
  const key = await makeUser("changing", allow("lambda:ListFunctions"));
  const client = lambdaOf(key);
  await client.send(new ListFunctionsCommand({}));
  const policy = { UserName: "changing", PolicyName: "own" };
  const put = async (...statements: object[]): Promise<void> => {
    await iam.send(new PutUserPolicyCommand({ ...policy, PolicyDocument: document(...statements) }));
  };
  const list = (): Promise<string> => client.send(new ListFunctionsCommand({})).then(() => "served", String);
  await put({ ...allow("*"), Effect: "Deny" });
  await until(async () => (await list()).endsWith("with an explicit deny in an identity-based policy"));
  await put(allow("*"));
  await until(async () => (await list()) === "served");
  const off = { UserName: "changing", AccessKeyId: key.accessKeyId, Status: "Inactive" } as const;
  await iam.send(new UpdateAccessKeyCommand(off));
  await until(async () => (await list()).startsWith("UnrecognizedClientException"));
});

test("nobody gets another's rights by passing a role or assuming one", async () => {
  const Role = await makeRole("admin", allow("*"));
  const client = lambdaOf(await makeUser("developer", allow("lambda:*")));
  const creating = createFunction(client, { FunctionName: "escalation", Role, files: HELLO });
  await assert.rejects(creating, new RegExp(`not authorized to perform: iam:PassRole on resource: ${Role} because`));
  const limited = lambdaOf(
    await makeUser("passer", allow("lambda:*"), allow("iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/worker`)),
  );
  const worker = await makeRole("worker", LOGS);
  await createFunction(limited, { FunctionName: "worker", Role: worker, files: HELLO });
  await assert.rejects(createFunction(limited, { FunctionName: "escalation", Role, files: HELLO }), /iam:PassRole/);
  const sts = kept(new STSClient(settings(await makeUser("climber", allow("sts:AssumeRole")))));
  const assuming = sts.send(new AssumeRoleCommand({ RoleArn: Role, RoleSessionName: "session" }));
  await assert.rejects(assuming, { name: "AccessDenied" });
});

test("a role that nobody made, or that does not trust Lambda, is no function's", async () => {
  const refused = /The role defined for the function cannot be assumed by Lambda\.$/;
  const nobody = `arn:aws:iam::${ACCOUNT}:role/nobody`;
  await assert.rejects(createFunction(lambda, { FunctionName: "none", Role: nobody, files: HELLO }), refused);
});

test("a role without logs writes none, and a role without a destination's permission sends no record", async () => {
  const Role = await makeRole("mute");
  const target = await makeRole("target", LOGS);
  await createFunction(lambda, { FunctionName: "mute", Role, files: HELLO });
  await createFunction(lambda, { FunctionName: "told", Role: target, files: HELLO });
  const OnSuccess = { Destination: functionArn("told") };
  const config = { FunctionName: "mute", DestinationConfig: { OnSuccess } };
  await lambda.send(new PutFunctionEventInvokeConfigCommand(config));
  await lambda.send(new InvokeCommand({ FunctionName: "mute", InvocationType: "Event" }));
  await until(() => /is lost .*told.*lambda:InvokeFunction/.test(server.output()));
  await until(() => /log events were dropped .*mute.*logs:PutLogEvents/.test(server.output()));
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: "mute",
      PolicyName: "own",
      PolicyDocument: document(allow("lambda:InvokeFunction")),
    }),
  );
  await lambda.send(new InvokeCommand({ FunctionName: "mute", InvocationType: "Event" }));
  const logs = kept(new CloudWatchLogsClient(settings(root)));
  await loggedMessages(logs, "told", (messages) => messages.some((message) => message.includes("seen")));
});

test("pages of the server are root's and those whom policies let in; health is everybody's", async () => {
  for (const page of ["status", "metrics", "audit"]) {
    const { status } = await fetch(`${server.url}/_lambent/${page}`);
    assert.equal(status, 403, page);
  }
  assert.equal((await fetch(`${server.url}/_lambent/health`)).status, 200);
});

test("`lambent deploy` takes the root key of the data folder and makes a role that may write logs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-enforced-"));
  try {
    await writeFile(join(folder, "index.mjs"), HELLO["index.mjs"]);
    const { AWS_ACCESS_KEY_ID: _, AWS_PROFILE: __, ...rest } = process.env;
    const env = { ...rest, LAMBENT_ENDPOINT: server.url, LAMBENT_HOME: server.dataFolder };
    const child = spawn(process.execPath, [LAMBENT, "deploy", folder, "--name", "deployed"], { env, stdio: "ignore" });
    assert.deepEqual(await once(child, "exit"), [0, null]);
  } finally {
    await rm(folder, { recursive: true });
  }
  assert.deepEqual(await invoke(lambda, "deployed", { a: 1 }), { a: 1 });
  const logs = kept(new CloudWatchLogsClient(settings(root)));
  await loggedMessages(logs, "deployed", (messages) => messages.some((message) => message.includes("seen")));
});

async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; !(await check()); ) {
    if (Date.now() > deadline) assert.fail(`waited in vain:\n${server.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
