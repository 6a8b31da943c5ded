/** ECR through the unmodified SDK client: what each operation answers, and what it refuses in ECR's words. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  InitiateLayerUploadCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  PutImageCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { Distribution, Registry, RegistryAccess, RegistryTokens, Uploads } from "../../registry/index.ts";
import { serve } from "../../wire/testing/serve.ts";
import { testStore } from "../kit/testing.ts";
import { ecrService } from "./index.ts";

const ACCOUNT = "000000000000";
const NO_UPLOAD = "00000000-0000-4000-8000-000000000000";
const MEDIA = "application/vnd.docker.distribution.manifest.v2+json";
const log = lineLog("error", (line) => process.stderr.write(line));

async function openEcr(t: TestContext): Promise<{ readonly client: ECRClient; readonly endpoint: string }> {
  const base = { clock: systemClock, random: systemRandom, log };
  const store = await testStore(systemClock);
  const folder = mkdtempSync(join(tmpdir(), "lambent-ecr-"));
  const registry = new Registry({ store, ...base, isUsedElsewhere: () => false });
  await registry.start();
  const tokens = new RegistryTokens({ records: store.records, ...base });
  const uploads = new Uploads({ folder, ...base });
  const place = { accountId: ACCOUNT, region: "us-east-1" };
  const access = new RegistryAccess({ tokens, defaultPlace: place, isTokenRequired: false });
  const distribution = new Distribution({ registry, uploads, access, log });
  const server = await serve([ecrService(() => ({ registry, uploads, tokens, ...base }))], {
    unrouted: (request, response) => {
      distribution.answer(request, response);
      return true;
    },
  });
  const client = new ECRClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  t.after(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
    registry[Symbol.dispose]();
    uploads[Symbol.dispose]();
    await store[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  return { client, endpoint: server.endpoint };
}

const digestOf = (content: string): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;
const blobOf = (content: string): object => ({ mediaType: "x/y", digest: digestOf(content), size: content.length });
const manifestOf = (...layers: readonly string[]): string =>
  JSON.stringify({ schemaVersion: 2, mediaType: MEDIA, config: blobOf("config"), layers: layers.map(blobOf) });

async function upload(client: ECRClient, repositoryName: string, content: string): Promise<string> {
  const { uploadId = "" } = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  const half = Math.ceil(content.length / 2);
  for (const [partFirstByte, part] of [
    [0, content.slice(0, half)],
    [half, content.slice(half)],
  ] as const) {
    if (part === "") continue;
    const partLastByte = partFirstByte + part.length - 1;
    const layerPartBlob = Buffer.from(part);
    const sent = await client.send(
      new UploadLayerPartCommand({ repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob }),
    );
    assert.equal(sent.lastByteReceived, partLastByte);
  }
  const { layerDigest = "" } = await client.send(
    new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digestOf(content)] }),
  );
  return layerDigest;
}

const refusal =
  (name: string, message: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Error);
    assert.deepEqual({ name: error.name, message: error.message }, { name, message });
    return true;
  };

test("CreateRepository, DescribeRepositories and DeleteRepository show a repository as ECR does", async (t) => {
  const { client, endpoint } = await openEcr(t);
  const input = { repositoryName: "team/app", tags: [{ Key: "team", Value: "one" }] };
  const { repository } = await client.send(new CreateRepositoryCommand(input));
  const { createdAt, ...shown } = repository ?? {};
  assert.ok(createdAt instanceof Date);
  assert.deepEqual(shown, {
    repositoryArn: `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/team/app`,
    registryId: ACCOUNT,
    repositoryName: "team/app",
    repositoryUri: `${new URL(endpoint).host}/team/app`,
    imageTagMutability: "MUTABLE",
    imageScanningConfiguration: { scanOnPush: false },
    encryptionConfiguration: { encryptionType: "AES256" },
  });
  await assert.rejects(
    client.send(new CreateRepositoryCommand(input)),
    refusal(
      "RepositoryAlreadyExistsException",
      `The repository with name 'team/app' already exists in the registry with id '${ACCOUNT}'`,
    ),
  );
  for (const repositoryName of ["aa", "bb"]) await client.send(new CreateRepositoryCommand({ repositoryName }));
  const first = await client.send(new DescribeRepositoriesCommand({ maxResults: 2 }));
  assert.deepEqual(
    first.repositories?.map(({ repositoryName }) => repositoryName),
    ["aa", "bb"],
  );
  const second = await client.send(new DescribeRepositoriesCommand({ maxResults: 2, nextToken: first.nextToken }));
  assert.deepEqual(
    second.repositories?.map(({ repositoryName }) => repositoryName),
    ["team/app"],
  );
  const missing = `The repository with name 'none' does not exist in the registry with id '${ACCOUNT}'`;
  await assert.rejects(
    client.send(new DescribeRepositoriesCommand({ repositoryNames: ["none"] })),
    refusal("RepositoryNotFoundException", missing),
  );
  await client.send(new DeleteRepositoryCommand({ repositoryName: "aa" }));
  await assert.rejects(
    client.send(new DeleteRepositoryCommand({ repositoryName: "none" })),
    refusal("RepositoryNotFoundException", missing),
  );
});

test("InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage push an image, which the lists show", async (t) => {
  const { client } = await openEcr(t);
  const repositoryName = "app";
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  const imageManifest = manifestOf("layer");
  await assert.rejects(
    client.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: "v1" })),
    (error: Error) => error.name === "LayersNotFoundException",
  );
  for (const content of ["config", "layer"])
    assert.equal(await upload(client, repositoryName, content), digestOf(content));
  const { layers } = await client.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digestOf("layer"), digestOf("none")] }),
  );
  assert.deepEqual(layers, [
    { layerDigest: digestOf("layer"), layerAvailability: "AVAILABLE", layerSize: 5 },
    { layerDigest: digestOf("none"), layerAvailability: "UNAVAILABLE" },
  ]);
  const { image } = await client.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: "v1" }));
  const imageDigest = digestOf(imageManifest);
  assert.deepEqual(image?.imageId, { imageDigest, imageTag: "v1" });
  await assert.rejects(
    client.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: "v1" })),
    refusal(
      "ImageAlreadyExistsException",
      `Image with digest '${imageDigest}' and tag 'v1' already exists in the repository with name 'app' in registry with id '${ACCOUNT}'`,
    ),
  );
  await client.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: "v2" }));
  const { imageIds } = await client.send(new ListImagesCommand({ repositoryName }));
  assert.deepEqual(imageIds, [
    { imageDigest, imageTag: "v1" },
    { imageDigest, imageTag: "v2" },
  ]);
  const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName }));
  assert.deepEqual(
    imageDetails.map(({ imageTags, imageSizeInBytes, imageManifestMediaType }) => ({
      imageTags,
      imageSizeInBytes,
      imageManifestMediaType,
    })),
    [{ imageTags: ["v1", "v2"], imageSizeInBytes: 11, imageManifestMediaType: MEDIA }],
  );
  await assert.rejects(
    client.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: "v9" }] })),
    refusal(
      "ImageNotFoundException",
      `The image with imageId {imageDigest:'null', imageTag:'v9'} does not exist within the repository with name 'app' in the registry with id '${ACCOUNT}'`,
    ),
  );
  const got = await client.send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: "v1" }, { imageTag: "v9" }] }),
  );
  assert.equal(got.images?.[0]?.imageManifest, imageManifest);
  assert.deepEqual(got.failures, [
    { imageId: { imageTag: "v9" }, failureCode: "ImageNotFound", failureReason: "Requested image not found" },
  ]);
  await assert.rejects(
    client.send(new DeleteRepositoryCommand({ repositoryName })),
    refusal(
      "RepositoryNotEmptyException",
      `The repository with name 'app' in registry with id '${ACCOUNT}' cannot be deleted because it still contains images`,
    ),
  );
});

test("BatchDeleteImage takes tags away one by one, and the image with the last", async (t) => {
  const { client } = await openEcr(t);
  const repositoryName = "app";
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  for (const content of ["config", "layer"]) await upload(client, repositoryName, content);
  for (const imageTag of ["v1", "v2"]) {
    await client.send(new PutImageCommand({ repositoryName, imageManifest: manifestOf("layer"), imageTag }));
  }
  const remove = (imageTag: string) =>
    client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag }] }));
  const imageDigest = digestOf(manifestOf("layer"));
  assert.deepEqual((await remove("v1")).imageIds, [{ imageDigest, imageTag: "v1" }]);
  assert.equal((await client.send(new ListImagesCommand({ repositoryName }))).imageIds?.length, 1);
  assert.deepEqual((await remove("v2")).imageIds, [{ imageDigest, imageTag: "v2" }]);
  assert.deepEqual((await client.send(new ListImagesCommand({ repositoryName }))).imageIds, []);
  assert.equal((await remove("v2")).failures?.[0]?.failureCode, "ImageNotFound");
  const { layers } = await client.send(
    new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digestOf("layer")] }),
  );
  assert.equal(layers?.[0]?.layerAvailability, "UNAVAILABLE", "its layers have gone with it");
  await client.send(new DeleteRepositoryCommand({ repositoryName }));
});

test("GetDownloadUrlForLayer gives a link that anybody may follow, and GetAuthorizationToken a password for docker", async (t) => {
  const { client, endpoint } = await openEcr(t);
  const repositoryName = "app";
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  const layerDigest = await upload(client, repositoryName, "layer");
  const { downloadUrl = "" } = await client.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }));
  assert.equal(await (await fetch(downloadUrl)).text(), "layer");
  assert.equal((await fetch(`${downloadUrl}x`)).status, 403);
  const { authorizationData = [] } = await client.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData;
  assert.equal(data?.proxyEndpoint, endpoint);
  assert.match(Buffer.from(data?.authorizationToken ?? "", "base64").toString(), /^AWS:.{100,}$/);
});

test("parts that do not follow one another, and uploads that are not there, are refused", async (t) => {
  const { client } = await openEcr(t);
  const repositoryName = "app";
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  const { uploadId = "" } = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  const part = { repositoryName, uploadId, layerPartBlob: Buffer.from("ab") };
  await assert.rejects(
    client.send(new UploadLayerPartCommand({ ...part, partFirstByte: 5, partLastByte: 6 })),
    (error: Error) => error.name === "InvalidLayerPartException",
  );
  await assert.rejects(
    client.send(new UploadLayerPartCommand({ ...part, uploadId: NO_UPLOAD, partFirstByte: 0, partLastByte: 1 })),
    (error: Error) => error.name === "UploadNotFoundException",
  );
  await client.send(new UploadLayerPartCommand({ ...part, partFirstByte: 0, partLastByte: 1 }));
  const complete = (digest: string) =>
    client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }));
  await assert.rejects(
    complete(digestOf("other")),
    (error: Error) => error.name === "ImageDigestDoesNotMatchException" || error.name === "InvalidLayerException",
  );
});

test("SetRepositoryPolicy, GetRepositoryPolicy, DeleteRepositoryPolicy and the lifecycle policies keep what they are given", async (t) => {
  const { client } = await openEcr(t);
  const repositoryName = "app";
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  const within = `the repository with name 'app' in the registry with id '${ACCOUNT}'`;
  await assert.rejects(
    client.send(new GetRepositoryPolicyCommand({ repositoryName })),
    refusal("RepositoryPolicyNotFoundException", `Repository policy does not exist for ${within}`),
  );
  const policyText = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid: "Pull", Effect: "Allow", Principal: "*", Action: ["ecr:BatchGetImage"] }],
  });
  await client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
  assert.equal((await client.send(new GetRepositoryPolicyCommand({ repositoryName }))).policyText, policyText);
  await assert.rejects(
    client.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: "{}" })),
    refusal(
      "InvalidParameterException",
      "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
    ),
  );
  assert.equal((await client.send(new DeleteRepositoryPolicyCommand({ repositoryName }))).policyText, policyText);
  const missing = refusal("LifecyclePolicyNotFoundException", `Lifecycle policy does not exist for ${within}`);
  await assert.rejects(client.send(new GetLifecyclePolicyCommand({ repositoryName })), missing);
  const lifecyclePolicyText = JSON.stringify({ rules: [{ rulePriority: 1 }] }).padEnd(110);
  await client.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
  const kept = await client.send(new GetLifecyclePolicyCommand({ repositoryName }));
  assert.equal(kept.lifecyclePolicyText, lifecyclePolicyText);
  await client.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
  await assert.rejects(client.send(new DeleteLifecyclePolicyCommand({ repositoryName })), missing);
});

test("PutImageTagMutability keeps tags where they are, PutImageScanningConfiguration and tags are shown", async (t) => {
  const { client } = await openEcr(t);
  const repositoryName = "app";
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  for (const content of ["config", "one", "two"]) await upload(client, repositoryName, content);
  await client.send(new PutImageCommand({ repositoryName, imageManifest: manifestOf("one"), imageTag: "v1" }));
  await client.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: "IMMUTABLE" }));
  await assert.rejects(
    client.send(new PutImageCommand({ repositoryName, imageManifest: manifestOf("two"), imageTag: "v1" })),
    refusal(
      "ImageTagAlreadyExistsException",
      "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable.",
    ),
  );
  const imageScanningConfiguration = { scanOnPush: true };
  await client.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }));
  const { repositories = [] } = await client.send(new DescribeRepositoriesCommand({}));
  assert.equal(repositories[0]?.imageTagMutability, "IMMUTABLE");
  assert.deepEqual(repositories[0]?.imageScanningConfiguration, { scanOnPush: true });
  const resourceArn = repositories[0]?.repositoryArn ?? "";
  await client.send(
    new TagResourceCommand({
      resourceArn,
      tags: [
        { Key: "a", Value: "1" },
        { Key: "b", Value: "2" },
      ],
    }),
  );
  await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
  const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
  assert.deepEqual(tags, [{ Key: "b", Value: "2" }]);
});
