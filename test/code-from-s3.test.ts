/** Functions and layers whose code lies in S3, elsewhere than in this server, as an unmodified SDK names it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { until } from "../src/base/testing/until.ts";
import { type AwsServices, startAwsServices } from "./support/aws-services.ts";
import { clientConfiguration } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const FAST = { maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 } as const;
const FAILED = "Error occurred while GetObject. S3 Error Code:";

let services: AwsServices;
let server: TestServer;
let lambda: LambdaClient;
let s3: S3Client;

before(async () => {
  services = await startAwsServices();
  server = await startServer({ args: services.args });
  lambda = new LambdaClient(clientConfiguration(server));
  s3 = new S3Client({ ...clientConfiguration(services), forcePathStyle: true });
});

after(async () => {
  lambda?.destroy();
  s3?.destroy();
  await server?.[Symbol.asyncDispose]();
  await services?.[Symbol.asyncDispose]();
});

async function put(Key: string, source: string | Uint8Array): Promise<string | undefined> {
  const Body = typeof source === "string" ? await zip({ "index.mjs": source }) : source;
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: "code", Key, Body }));
  return VersionId;
}

const says = (word: string): string => `export const handler = () => "${word}";`;

async function create(FunctionName: string, Code: object, Layers?: string[]): Promise<void> {
  const Role = "arn:aws:iam::000000000000:role/lambda";
  const settings = { FunctionName, Role, Runtime: "nodejs24.x", Handler: "index.handler", Code } as const;
  await lambda.send(new CreateFunctionCommand({ ...settings, ...(Layers && { Layers }) }));
  await waitUntilFunctionActiveV2({ client: lambda, ...FAST }, { FunctionName });
}

async function invoke(FunctionName: string): Promise<unknown> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName }));
  return JSON.parse(Payload?.transformToString() ?? "");
}

test("code is copied from an object, the newest or a version, and what becomes of the object later changes nothing", async () => {
  const first = await put("f.zip", says("first"));
  await put("f.zip", says("second"));
  await create("newest", { S3Bucket: "code", S3Key: "f.zip" });
  await create("older", { S3Bucket: "code", S3Key: "f.zip", S3ObjectVersion: first });
  assert.deepEqual([await invoke("newest"), await invoke("older")], ["second", "first"]);
  await put("f.zip", says("third"));
  assert.equal(await invoke("newest"), "second");
  const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: "newest" }));
  assert.equal((await fetch(Code?.Location ?? "")).status, 200);
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "newest", S3Bucket: "code", S3Key: "f.zip" }));
  await waitUntilFunctionUpdatedV2({ client: lambda, ...FAST }, { FunctionName: "newest" });
  assert.equal(await invoke("newest"), "third");
});

test("layers come from objects too", async () => {
  await put("layer.zip", await zip({ "nodejs/word.mjs": 'export const word = "layered";' }));
  const Content = { S3Bucket: "code", S3Key: "layer.zip" };
  const { LayerVersionArn = "" } = await lambda.send(new PublishLayerVersionCommand({ LayerName: "l", Content }));
  await put("layered.zip", 'import { word } from "/opt/nodejs/word.mjs";\nexport const handler = () => word;');
  await create("layered", { S3Bucket: "code", S3Key: "layered.zip" }, [LayerVersionArn]);
  assert.equal(await invoke("layered"), "layered");
});

test("code that stays in S3 outlives kill -9 and a restart of the machine, and is lost with its object", async (t) => {
  const dataFolder = await mkdtemp(join(tmpdir(), "lambent-test-"));
  t.after(() => rm(dataFolder, { recursive: true, force: true }));
  let own = await startServer({ dataFolder, args: services.args });
  let client = new LambdaClient(clientConfiguration(own));
  t.after(async () => {
    client.destroy();
    await own[Symbol.asyncDispose]();
  });
  /** As if the machine had been switched off: what was unpacked is not there any more. */
  const crash = async (): Promise<void> => {
    client.destroy();
    await own.crash();
    await rm(join(dataFolder, "code"), { recursive: true });
    own = await startServer({ dataFolder, args: services.args });
    client = new LambdaClient(clientConfiguration(own));
  };
  const S3ObjectVersion = await put("kept.zip", says("kept"));
  const Code = { S3Bucket: "code", S3Key: "kept.zip", S3ObjectVersion, S3ObjectStorageMode: "REFERENCE" } as const;
  const named = { FunctionName: "kept" };
  await client.send(
    new CreateFunctionCommand({
      ...named,
      Role: "arn:aws:iam::000000000000:role/lambda",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Code,
    }),
  );
  await crash();
  await waitUntilFunctionActiveV2({ client, ...FAST }, named);
  const { Payload } = await client.send(new InvokeCommand(named));
  assert.equal(Payload?.transformToString(), '"kept"');
  const shown = await client.send(new GetFunctionCommand(named));
  assert.deepEqual(shown.Code, {
    RepositoryType: "S3",
    ResolvedS3Object: { S3Bucket: "code", S3Key: "kept.zip", S3ObjectVersion },
  });

  await s3.send(new DeleteObjectCommand({ Bucket: "code", Key: "kept.zip", VersionId: S3ObjectVersion }));
  await crash();
  await assert.rejects(client.send(new InvokeCommand(named)));
  await until("the function to be Inactive", async () => {
    const { State } = await client.send(new GetFunctionConfigurationCommand(named));
    return State === "Inactive";
  });
  await assert.rejects(client.send(new InvokeCommand(named)), {
    name: "ResourceConflictException",
    message: /The function is currently in the following state: Inactive\./,
  });
});

test("what S3 refuses is told in its words, and what is no package in Lambda's", async () => {
  await put("text", new TextEncoder().encode("no zip"));
  await put("empty.zip", await zip({}));
  for (const [Code, message] of [
    [{ S3Bucket: "code", S3Key: "none" }, `${FAILED} NoSuchKey. S3 Error Message: The specified key does not exist.`],
    [
      { S3Bucket: "missing", S3Key: "f.zip" },
      `${FAILED} NoSuchBucket. S3 Error Message: The specified bucket does not exist`,
    ],
    [
      { S3Bucket: "code", S3Key: "text" },
      "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ],
    [{ S3Bucket: "code", S3Key: "empty.zip" }, "Uploaded file must be a non-empty zip"],
  ] as const) {
    await assert.rejects(create("refused", Code), { name: "InvalidParameterValueException", message });
  }
});
