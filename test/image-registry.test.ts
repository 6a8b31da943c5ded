/** The journey of an image: pushed to this server's registry, a function made of it, updated to a new tag, rolled back by an alias. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import {
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { functionFile } from "../src/environments/testing/house.ts";
import { filesLayer, nodeLayer } from "../src/environments/testing/image-layers.ts";
import { layerOf, type MadeImage, makeImage, writeLayout } from "../src/images/testing/layouts.ts";
import { clientConfiguration } from "./support/functions.ts";
import { startServer } from "./support/server.ts";

const WAIT = { maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 };

test("an image is pushed, becomes a function, is replaced by the next and comes back by its alias", {
  timeout: 180_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-image-journey-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const layout = writeLayout(join(folder, "layout"), await twoImages(folder));
  await using server = await startServer();
  const configuration = clientConfiguration(server);
  const [ecr, lambda] = [new ECRClient(configuration), new LambdaClient(configuration)];
  const created = await ecr.send(new CreateRepositoryCommand({ repositoryName: "team/app" }));
  const uri = created.repository?.repositoryUri ?? "";
  assert.equal(uri, `${new URL(server.url).host}/team/app`);
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const login = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64").toString();
  const push = (tag: string) =>
    promisify(execFile)("skopeo", [
      ...["copy", "--quiet", "--dest-tls-verify=false", "--dest-creds", login],
      ...[`oci:${layout}:${tag}`, `docker://${uri}:${tag}`],
    ]);

  await push("v1");
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "app",
      PackageType: "Image",
      Role: "arn:aws:iam::000000000000:role/lambda",
      Code: { ImageUri: `000000000000.dkr.ecr.us-east-1.amazonaws.com/team/app:v1` },
      MemorySize: 256,
      Timeout: 10,
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, ...WAIT }, { FunctionName: "app" });
  const said = async (Qualifier?: string): Promise<string> => {
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: "app", Payload: Buffer.from("{}"), ...(Qualifier && { Qualifier }) }),
    );
    const answer = Buffer.from(Payload ?? []).toString();
    assert.equal(FunctionError, undefined, answer);
    return JSON.parse(answer).variables.RELEASE;
  };
  assert.equal(await said(), "one");
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: "app" }));
  await lambda.send(new CreateAliasCommand({ FunctionName: "app", Name: "live", FunctionVersion: Version ?? "" }));

  await push("v2");
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "app", ImageUri: `${uri}:v2`, Publish: true }));
  await waitUntilFunctionUpdatedV2({ client: lambda, ...WAIT }, { FunctionName: "app" });
  await lambda.send(new UpdateAliasCommand({ FunctionName: "app", Name: "live", FunctionVersion: "2" }));
  assert.deepEqual([await said(), await said("live"), await said("1")], ["two", "two", "one"]);
  await lambda.send(new UpdateAliasCommand({ FunctionName: "app", Name: "live", FunctionVersion: "1" }));
  assert.equal(await said("live"), "one");

  const { imageIds = [] } = await ecr.send(new ListImagesCommand({ repositoryName: "team/app" }));
  const digests = new Map(imageIds.map(({ imageTag, imageDigest }) => [imageTag, imageDigest]));
  assert.deepEqual([...digests.keys()].sort(), ["v1", "v2"]);
  const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: "app", Qualifier: "1" }));
  assert.equal(Code?.ResolvedImageUri, `000000000000.dkr.ecr.us-east-1.amazonaws.com/team/app@${digests.get("v1")}`);

  // Another account's function needs the repository's leave.
  const theirs = new LambdaClient({
    ...configuration,
    credentials: { accessKeyId: "111111111111", secretAccessKey: "x" },
  });
  const take = () =>
    theirs.send(
      new CreateFunctionCommand({
        FunctionName: "theirs",
        PackageType: "Image",
        Role: "arn:aws:iam::111111111111:role/lambda",
        Code: { ImageUri: "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/app:v1" },
        MemorySize: 256,
      }),
    );
  await assert.rejects(take(), /Lambda does not have permission to access the ECR image/);
  const Statement = {
    Effect: "Allow",
    Principal: { Service: "lambda.amazonaws.com" },
    Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    Condition: { StringEquals: { "aws:SourceAccount": "111111111111" } },
  };
  const policyText = JSON.stringify({ Version: "2012-10-17", Statement });
  await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: "team/app", policyText }));
  assert.equal((await take()).State, "Pending");
  theirs.destroy();

  // Another server pulls it, once its operator has named this registry.
  const host = `127.0.0.1:${new URL(server.url).port}`;
  await using other = await startServer({ args: ["--image-registry", host] });
  const elsewhere = new LambdaClient(clientConfiguration(other));
  const pull = (FunctionName: string, ImageUri: string) =>
    elsewhere.send(
      new CreateFunctionCommand({
        FunctionName,
        PackageType: "Image",
        Role: "arn:aws:iam::000000000000:role/lambda",
        Code: { ImageUri },
        MemorySize: 256,
      }),
    );
  assert.equal((await pull("pulled", `${host}/team/app:v2`)).CodeSha256, digests.get("v2")?.slice(7));
  await waitUntilFunctionActiveV2({ client: elsewhere, ...WAIT }, { FunctionName: "pulled" });
  await assert.rejects(pull("missing", `${host}/team/app:v9`), /does not exist\. Provide a valid source image/);
  elsewhere.destroy();

  // And out again, by tag.
  const pulled = join(folder, "pulled");
  const from = ["copy", "--quiet", "--src-tls-verify=false", `docker://${uri}:v2`, `oci:${pulled}:v2`];
  await promisify(execFile)("skopeo", from);
  const index = JSON.parse(await readFile(join(pulled, "index.json"), "utf8"));
  assert.equal(index.manifests[0].digest, digests.get("v2"));
  for (const client of [ecr, lambda]) client.destroy();
});

async function twoImages(folder: string): Promise<Record<string, MadeImage>> {
  const runtime = await readFile(functionFile("custom-runtime.mjs"), "utf8");
  const base = layerOf(nodeLayer(join(folder, "base")));
  const task = layerOf(filesLayer(join(folder, "task"), { "app/runtime.mjs": runtime }));
  const release = (name: string): MadeImage =>
    makeImage({
      layers: [
        { tar: base, compression: "gzip" },
        { tar: task, compression: "gzip" },
      ],
      config: { Entrypoint: ["node"], Cmd: ["/app/runtime.mjs"], Env: ["PATH=/usr/bin", `RELEASE=${name}`] },
    });
  return { v1: release("one"), v2: release("two") };
}
