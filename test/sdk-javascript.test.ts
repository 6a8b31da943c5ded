/** The unmodified AWS SDK for JavaScript does with Lambent what it does with AWS, from create to delete. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  ResourceNotFoundException,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

let server: TestServer;
let lambda: LambdaClient;

const FAST = { maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 } as const;
const configuration = (): {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
} => ({
  endpoint: server.url,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});

before(async () => {
  server = await startServer();
  lambda = new LambdaClient(configuration());
});

after(async () => {
  lambda?.destroy();
  await server?.[Symbol.asyncDispose]();
});

const text = (payload: Uint8Array | undefined): string => Buffer.from(payload ?? []).toString();

async function create(name: string, source: string, extra: object = {}): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/lambda",
      Code: { ZipFile: await zip({ "index.mjs": source }) },
      ...extra,
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, ...FAST }, { FunctionName: name });
}

async function invoke(name: string, event: unknown, extra: object = {}) {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: new TextEncoder().encode(JSON.stringify(event)), ...extra }),
  );
  return { ...answer, body: text(answer.Payload) };
}

test("a function lives from create through update, publish and alias to delete", async () => {
  await create("life", "export const handler = async (event) => ({ one: event.n });");
  assert.equal((await invoke("life", { n: 1 })).body, '{"one":1}');

  await lambda.send(
    new UpdateFunctionCodeCommand({
      FunctionName: "life",
      ZipFile: await zip({
        "index.mjs":
          "export const handler = async (event, context) => ({ two: event.n, version: context.functionVersion, kind: process.env.KIND });",
      }),
    }),
  );
  await waitUntilFunctionUpdatedV2({ client: lambda, ...FAST }, { FunctionName: "life" });
  await lambda.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: "life",
      Environment: { Variables: { KIND: "blue" } },
      MemorySize: 256,
    }),
  );
  await waitUntilFunctionUpdatedV2({ client: lambda, ...FAST }, { FunctionName: "life" });
  assert.equal((await invoke("life", { n: 2 })).body, '{"two":2,"version":"$LATEST","kind":"blue"}');

  const published = await lambda.send(new PublishVersionCommand({ FunctionName: "life" }));
  assert.equal(published.Version, "1");
  await lambda.send(new CreateAliasCommand({ FunctionName: "life", Name: "live", FunctionVersion: "1" }));
  const viaAlias = await invoke("life", { n: 3 }, { Qualifier: "live" });
  assert.equal(viaAlias.body, '{"two":3,"version":"1","kind":"blue"}');
  assert.equal(viaAlias.ExecutedVersion, "1");

  const versions = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: "life" }));
  assert.deepEqual(
    versions.Versions?.map((version) => version.Version),
    ["$LATEST", "1"],
  );
  const got = await lambda.send(new GetFunctionCommand({ FunctionName: "life" }));
  assert.equal(got.Configuration?.MemorySize, 256);
  const download = await fetch(got.Code?.Location ?? "");
  assert.equal(download.status, 200);
  assert.equal((await download.arrayBuffer()).byteLength, got.Configuration?.CodeSize);

  await lambda.send(new DeleteAliasCommand({ FunctionName: "life", Name: "live" }));
  await lambda.send(new DeleteFunctionCommand({ FunctionName: "life" }));
  await assert.rejects(invoke("life", {}), ResourceNotFoundException);
});

test("a handler that throws is answered with 200, FunctionError and AWS's error JSON, and its log tail", async () => {
  await create(
    "throws",
    "export const handler = async () => { console.log('before'); throw new TypeError('no good'); };",
  );
  const answer = await invoke("throws", {}, { LogType: "Tail" });
  assert.equal(answer.StatusCode, 200);
  assert.equal(answer.FunctionError, "Unhandled");
  const error = JSON.parse(answer.body);
  assert.equal(error.errorType, "TypeError");
  assert.equal(error.errorMessage, "no good");
  const tail = Buffer.from(answer.LogResult ?? "", "base64").toString();
  assert.match(tail, /^START RequestId: [0-9a-f-]{36} Version: \$LATEST\n/);
  assert.match(tail, /\tINFO\tbefore\n/);
  assert.match(tail, /REPORT RequestId: .*\tBilled Duration: \d+ ms\t/);
});

test("an asynchronous invoke is accepted with 202 and runs", async () => {
  await create("later", "export const handler = async (event) => { console.log('ran ' + event.mark); };");
  const answer = await invoke("later", { mark: "m-4711" }, { InvocationType: "Event" });
  assert.equal(answer.StatusCode, 202);
  assert.ok(await findLog("/aws/lambda/later", '"ran m-4711"'));
});

test("a streamed response arrives in pieces", async () => {
  await create(
    "streams",
    "export const handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); await new Promise(r => setTimeout(r, 50)); stream.write('b'); stream.end(); });",
  );
  const answer = await lambda.send(
    new InvokeWithResponseStreamCommand({ FunctionName: "streams", Payload: new TextEncoder().encode("{}") }),
  );
  let body = "";
  let chunks = 0;
  for await (const event of answer.EventStream ?? []) {
    if (event.PayloadChunk?.Payload !== undefined) {
      body += text(event.PayloadChunk.Payload);
      chunks += 1;
    }
  }
  assert.equal(body, "ab");
  assert.ok(chunks >= 2, `${chunks} chunks`);
});

test("an unmodified SDK inside the function reaches Lambent with the role's credentials", async () => {
  await create(
    "inside",
    `import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
     export const handler = async () => (await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn;`,
    { Timeout: 15 },
  );
  assert.equal((await invoke("inside", {})).body, '"arn:aws:sts::000000000000:assumed-role/lambda/inside"');
});

test("roles, callers and assumed roles look as on AWS", async () => {
  const iam = new IAMClient(configuration());
  const role = await iam.send(
    new CreateRoleCommand({
      RoleName: "worker",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
      }),
    }),
  );
  assert.equal(role.Role?.Arn, "arn:aws:iam::000000000000:role/worker");
  const sts = new STSClient(configuration());
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Account, "000000000000");
  const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: role.Role?.Arn ?? "", RoleSessionName: "session" }));
  const as = new STSClient({
    ...configuration(),
    credentials: {
      accessKeyId: assumed.Credentials?.AccessKeyId ?? "",
      secretAccessKey: assumed.Credentials?.SecretAccessKey ?? "",
      sessionToken: assumed.Credentials?.SessionToken ?? "",
    },
  });
  assert.equal(
    (await as.send(new GetCallerIdentityCommand({}))).Arn,
    "arn:aws:sts::000000000000:assumed-role/worker/session",
  );
  for (const client of [iam, sts, as]) client.destroy();
});

test("accounts by access key and regions do not see each other's functions", async () => {
  await create("mine", "export const handler = async () => 1;");
  const other = new LambdaClient({
    ...configuration(),
    credentials: { accessKeyId: "111111111111", secretAccessKey: "x" },
  });
  await assert.rejects(other.send(new GetFunctionCommand({ FunctionName: "mine" })), ResourceNotFoundException);
  const elsewhere = new LambdaClient({ ...configuration(), region: "eu-central-1" });
  await assert.rejects(elsewhere.send(new GetFunctionCommand({ FunctionName: "mine" })), ResourceNotFoundException);
  other.destroy();
  elsewhere.destroy();
});

async function findLog(group: string, pattern: string): Promise<boolean> {
  const logs = new CloudWatchLogsClient(configuration());
  try {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      try {
        const found = await logs.send(new FilterLogEventsCommand({ logGroupName: group, filterPattern: pattern }));
        if ((found.events?.length ?? 0) > 0) return true;
      } catch (error) {
        if (!(error instanceof Error && error.name === "ResourceNotFoundException")) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  } finally {
    logs.destroy();
  }
}
