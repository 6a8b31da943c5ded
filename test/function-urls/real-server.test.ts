/** Function URLs of a whole server: streams of real environments, credentials of its STS, and what a restart leaves. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  type InvokeMode,
  LambdaClient,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { startServer, type TestServer } from "../support/server.ts";
import { zip } from "../support/zip.ts";

const SOURCE = `
export const buffered = async (event) => ({ statusCode: 418, body: "not taken apart" });
export const streamed = awslambda.streamifyResponse(async (event, stream) => {
  if (event.rawPath === "/plain") stream.setContentType("text/plain");
  else stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { "x-a": "1" }, cookies: ["c=1"] });
  stream.write("one");
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (event.rawPath === "/error") throw new Error("in the middle");
  stream.end("two");
});
export const echo = async (event) => event;
`;

let server: TestServer;
let dataFolder: string;

const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const client = (): { endpoint: string; region: string; credentials: typeof credentials } => ({
  endpoint: server.url,
  region: "us-east-1",
  credentials,
});

before(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "lambent-urls-"));
  server = await startServer({ dataFolder });
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(dataFolder, { recursive: true, force: true });
});

/** Deploys one of the handlers with a URL for everybody; the URL's host name. */
async function deploy(handler: string, InvokeMode: InvokeMode): Promise<string> {
  const lambda = new LambdaClient(client());
  const FunctionName = `${handler}-${InvokeMode}`;
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: "arn:aws:iam::000000000000:role/test",
      Runtime: "nodejs24.x",
      Handler: `index.${handler}`,
      Code: { ZipFile: await zip({ "index.mjs": SOURCE }) },
    }),
  );
  const { FunctionUrl = "" } = await lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE", InvokeMode }),
  );
  const url = { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" } as const;
  const invoke = { Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true } as const;
  for (const grant of [url, invoke])
    await lambda.send(
      new AddPermissionCommand({ FunctionName, Principal: "*", StatementId: grant.Action.replace(":", ""), ...grant }),
    );
  lambda.destroy();
  return new URL(FunctionUrl).hostname;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly pieces: readonly string[];
  readonly whole: boolean;
}

/** By address, with the URL's name as the host: not every resolver knows names below localhost. */
function send(host: string, path = "/", headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.url);
    const call = request({ host: "127.0.0.1", port, path, headers: { host, ...headers }, agent: false }, (response) => {
      const pieces: string[] = [];
      response.on("data", (chunk: Buffer) => pieces.push(chunk.toString()));
      response.on("error", () => undefined);
      response.once("close", () => {
        const { statusCode: status = 0, complete: whole } = response;
        resolve({ status, headers: response.headers, pieces, whole });
      });
    });
    call.once("error", reject);
    call.end();
  });
}

test("what a real function streams comes as it is written, with the head that it gave", async () => {
  const host = await deploy("streamed", "RESPONSE_STREAM");
  const answer = await send(host);
  assert.deepEqual([answer.status, answer.headers["x-a"], answer.headers["set-cookie"]], [201, "1", ["c=1"]]);
  assert.deepEqual([answer.pieces, answer.whole], [["one", "two"], true]);
  const plain = await send(host, "/plain");
  assert.deepEqual([plain.status, plain.headers["content-type"], plain.pieces.join("")], [200, "text/plain", "onetwo"]);
  const cut = await send(host, "/error");
  assert.deepEqual([cut.status, cut.pieces, cut.whole], [201, ["one"], false]);
});

test("what a function returns behind a streaming URL is the body as it is, and taken apart behind a buffered one", async () => {
  const result = await send(await deploy("buffered", "RESPONSE_STREAM"));
  assert.deepEqual([result.status, result.headers["content-type"]], [200, "application/json"]);
  assert.deepEqual(result.pieces.join(""), '{"statusCode":418,"body":"not taken apart"}');
  assert.equal((await send(await deploy("buffered", "BUFFERED"))).status, 418);
});

test("credentials of a role that STS issued are verified", async () => {
  const host = await deploy("echo", "BUFFERED");
  const lambda = new LambdaClient(client());
  await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: "echo-BUFFERED", AuthType: "AWS_IAM" }));
  const trust = { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  await new IAMClient(client()).send(new CreateRoleCommand({ RoleName: "caller", AssumeRolePolicyDocument }));
  const { Credentials: issued } = await new STSClient(client()).send(
    new AssumeRoleCommand({ RoleArn: "arn:aws:iam::000000000000:role/caller", RoleSessionName: "me" }),
  );
  const signed = async (secretAccessKey: string): Promise<Answer> => {
    const keys = { accessKeyId: issued?.AccessKeyId ?? "", sessionToken: issued?.SessionToken ?? "", secretAccessKey };
    const signer = new SignatureV4({ credentials: keys, region: "us-east-1", service: "lambda", sha256: Sha256 });
    const { headers } = await signer.sign({
      method: "GET",
      protocol: "http:",
      hostname: host,
      path: "/",
      headers: { host },
    });
    return send(host, "/", headers);
  };
  const answer = await signed(issued?.SecretAccessKey ?? "");
  const { iam } = JSON.parse(answer.pieces.join("")).requestContext.authorizer;
  assert.equal(iam.userArn, "arn:aws:sts::000000000000:assumed-role/caller/me");
  assert.match(iam.userId, /^AROA[A-Z0-9]+:me$/);
  assert.deepEqual([(await signed("wrong")).status, (await send(host)).status], [403, 403]);
});

test("URLs answer under the same names after the server was killed", async () => {
  const host = await deploy("echo", "RESPONSE_STREAM");
  await server.crash();
  server = await startServer({ dataFolder });
  assert.equal((await send(host)).status, 200);
});

test("a base for URLs is in what Lambda's API answers and in the status", async () => {
  await using proxied = await startServer({ args: ["--url-base", "https://fn.example.com"] });
  const former = server;
  server = proxied;
  try {
    const host = await deploy("buffered", "BUFFERED");
    assert.match(host, /^[a-z0-9]+\.lambda-url\.us-east-1\.fn\.example\.com$/);
    const status: { functionUrls: { url: string }[] } = JSON.parse(
      await (await fetch(`${proxied.url}/_lambent/status`)).text(),
    );
    assert.deepEqual(
      status.functionUrls.map(({ url }) => url),
      [`https://${host}/`],
    );
  } finally {
    server = former;
  }
});
