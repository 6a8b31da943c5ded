/** Signer through the unmodified SDK client: profiles, jobs, permissions, and what is refused. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as signer from "@aws-sdk/client-signer";
import { ZipFile } from "yazl";
import { systemRandom } from "../../base/index.ts";
import { checkSignature, digestZip } from "../../signed-code/index.ts";
import type { CallerIdentity, OperationInput, ServiceClient } from "../../wire/index.ts";
import { type TestServer, testClock, testServer, testStore } from "../kit/testing.ts";
import { type S3Client, signerRoot, signerService } from "./index.ts";

const NOW = Date.UTC(2026, 4, 1, 12);
const PLATFORM = "AWSLambda-SHA384-ECDSA";

async function package_(): Promise<Buffer> {
  const archive = new ZipFile();
  archive.addBuffer(Buffer.from("export const handler = 1;"), "index.mjs");
  archive.end();
  const chunks: Buffer[] = [];
  for await (const chunk of archive.outputStream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Objects by bucket and key, behind the two operations of S3 that signing needs. */
function bucketOf(objects: Map<string, Buffer>): ServiceClient<S3Client> {
  return {
    async call(operation, input) {
      const { Bucket, Key } = input as OperationInput<S3Client, "GetObject">;
      const at = `${Bucket}/${Key}`;
      if (operation === "GetObject") {
        const found = objects.get(at);
        if (found === undefined) throw new Error("The specified key does not exist.");
        return { Body: found } as never;
      }
      const chunks: Buffer[] = [];
      const { Body } = input as OperationInput<S3Client, "PutObject">;
      for await (const chunk of Body ?? []) chunks.push(Buffer.from(chunk));
      objects.set(at, Buffer.concat(chunks));
      return {} as never;
    },
  };
}

describe("Signer through the SDK client", () => {
  const stack = new AsyncDisposableStack();
  const objects = new Map<string, Buffer>();
  let hasS3 = true;
  let server: TestServer;
  let client: signer.SignerClient;
  let root: Buffer;

  before(async () => {
    const clock = testClock(NOW);
    const store = stack.use(await testStore(clock));
    const s3 = (_caller: CallerIdentity) => (hasS3 ? bucketOf(objects) : undefined);
    const ports = { store, clock, random: systemRandom, s3 };
    server = stack.use(await testServer([signerService(ports)]));
    client = stack.adopt(new signer.SignerClient({ ...server.clientConfig, disableHostPrefix: true }), (made) =>
      made.destroy(),
    );
    root = await signerRoot(ports);
  });
  after(() => stack.disposeAsync());

  const put = (profileName: string, rest: Partial<signer.PutSigningProfileCommandInput> = {}) =>
    client.send(new signer.PutSigningProfileCommand({ profileName, platformId: PLATFORM, ...rest }));

  it("PutSigningProfile, GetSigningProfile and ListSigningProfiles; a name is taken again after CancelSigningProfile", async () => {
    const made = await put("one", { tags: { team: "a" } });
    assert.equal(made.arn, "arn:aws:signer:us-east-1:000000000000:/signing-profiles/one");
    assert.equal(made.profileVersionArn, `${made.arn}/${made.profileVersion}`);
    assert.match(made.profileVersion ?? "", /^[a-zA-Z0-9]{10}$/);
    const got = await client.send(new signer.GetSigningProfileCommand({ profileName: "one" }));
    assert.deepEqual(
      [got.status, got.platformDisplayName, got.signatureValidityPeriod, got.tags],
      ["Active", "AWS Lambda", { value: 135, type: "MONTHS" }, { team: "a" }],
    );
    await assert.rejects(put("one"), { name: "ValidationException" });
    await client.send(new signer.CancelSigningProfileCommand({ profileName: "one" }));
    const hidden = await client.send(new signer.ListSigningProfilesCommand({}));
    assert.deepEqual(hidden.profiles, []);
    const again = await put("one");
    assert.notEqual(again.profileVersion, made.profileVersion);
    await put("two");
    const names: (string | undefined)[] = [];
    for await (const { profiles } of signer.paginateListSigningProfiles({ client, pageSize: 1 }, {})) {
      names.push(...(profiles ?? []).map(({ profileName }) => profileName));
    }
    assert.deepEqual(names, ["one", "two"]);
  });

  it("StartSigningJob signs a package in S3, and DescribeSigningJob and ListSigningJobs show it", async () => {
    await put("release", { signatureValidityPeriod: { value: 2, type: "DAYS" } });
    objects.set("in/app.zip", await package_());
    const source = { s3: { bucketName: "in", key: "app.zip", version: "1" } };
    const destination = { s3: { bucketName: "out", prefix: "signed/" } };
    const start = new signer.StartSigningJobCommand({
      profileName: "release",
      source,
      destination,
      clientRequestToken: "t",
    });
    const { jobId } = await client.send(start);
    assert.equal((await client.send(start)).jobId, jobId, "the same token is the same job");
    await signer.waitUntilSuccessfulSigningJob({ client, maxWaitTime: 30 }, { jobId });
    const job = await client.send(new signer.DescribeSigningJobCommand({ jobId }));
    assert.deepEqual(
      [job.status, job.source, job.signedObject, job.signatureExpiresAt],
      ["Succeeded", source, { s3: { bucketName: "out", key: `signed/${jobId}.zip` } }, new Date(NOW + 2 * 86_400_000)],
    );
    const signed = objects.get(`out/signed/${jobId}.zip`) ?? Buffer.alloc(0);
    const digests = await digestZip(signed, { bytesMax: 1_000_000 });
    assert.equal(checkSignature(digests.signature ?? "", digests, [root]).kind, "vouched");
    const { jobs } = await client.send(new signer.ListSigningJobsCommand({ status: "Succeeded" }));
    assert.ok(jobs?.some((listed) => listed.jobId === jobId && listed.isRevoked === false));
    objects.set("in/app.zip", signed);
    const second = await client.send(
      new signer.StartSigningJobCommand({ profileName: "release", source, destination, clientRequestToken: "u" }),
    );
    const failed = await client.send(new signer.DescribeSigningJobCommand({ jobId: second.jobId }));
    assert.deepEqual([failed.status, failed.statusReason], ["Failed", "The package is signed already."]);
  });

  it("without S3 a job finds no bucket, and a payload that is none is refused", async () => {
    await put("bare");
    hasS3 = false;
    const start = new signer.StartSigningJobCommand({
      profileName: "bare",
      source: { s3: { bucketName: "in", key: "app.zip", version: "1" } },
      destination: { s3: { bucketName: "out" } },
      clientRequestToken: "v",
    });
    await assert.rejects(client.send(start), { name: "ResourceNotFoundException" });
    hasS3 = true;
    for (const [payload, payloadFormat] of [
      ["{}", "application/vnd.lambent.zip-digests.v1+json"],
      ["x", "application/vnd.cncf.notary.payload.v1+json"],
    ] as const) {
      const sign = new signer.SignPayloadCommand({ profileName: "bare", payload: Buffer.from(payload), payloadFormat });
      await assert.rejects(client.send(sign), { name: "ValidationException" });
    }
  });

  it("another account signs with a profile once AddProfilePermission lets it, until RemoveProfilePermission", async () => {
    await put("shared");
    const other = new signer.SignerClient({
      ...server.clientConfig,
      credentials: { accessKeyId: "111111111111", secretAccessKey: "test" },
    });
    stack.adopt(other, (made) => made.destroy());
    const read = () =>
      other.send(new signer.GetSigningProfileCommand({ profileName: "shared", profileOwner: "000000000000" }));
    await assert.rejects(read(), { name: "AccessDeniedException" });
    const permission = { statementId: "s", action: "signer:GetSigningProfile", principal: "111111111111" };
    const { revisionId } = await client.send(
      new signer.AddProfilePermissionCommand({ profileName: "shared", ...permission }),
    );
    assert.equal((await read()).profileName, "shared");
    const listed = await client.send(new signer.ListProfilePermissionsCommand({ profileName: "shared" }));
    assert.deepEqual(listed.permissions, [permission]);
    const remove = { profileName: "shared", statementId: "s" };
    const stale = new signer.RemoveProfilePermissionCommand({ ...remove, revisionId: "stale" });
    await assert.rejects(client.send(stale), { name: "ConflictException" });
    await client.send(new signer.RemoveProfilePermissionCommand({ ...remove, revisionId }));
    await assert.rejects(read(), { name: "AccessDeniedException" });
  });

  it("tags, platforms and revocations are kept and shown", async () => {
    const { arn: resourceArn = "", profileVersionArn, profileVersion } = await put("kept");
    await client.send(new signer.TagResourceCommand({ resourceArn, tags: { a: "1", b: "2" } }));
    await client.send(new signer.UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
    const { tags } = await client.send(new signer.ListTagsForResourceCommand({ resourceArn }));
    assert.deepEqual(tags, { b: "2" });
    const { platforms } = await client.send(new signer.ListSigningPlatformsCommand({}));
    assert.deepEqual(
      platforms?.map(({ platformId }) => platformId),
      [PLATFORM],
    );
    const revoke = { profileName: "kept", profileVersion, reason: "test", effectiveTime: new Date(NOW - 1000) };
    await client.send(new signer.RevokeSigningProfileCommand(revoke));
    const status = (signatureTimestamp: Date) =>
      client.send(
        new signer.GetRevocationStatusCommand({
          signatureTimestamp,
          platformId: PLATFORM,
          profileVersionArn,
          jobArn: "arn:aws:signer:us-east-1:000000000000:/signing-jobs/none",
          certificateHashes: ["00"],
        }),
      );
    assert.deepEqual((await status(new Date(NOW - 2000))).revokedEntities, [], "what was signed before stays good");
    assert.deepEqual((await status(new Date(NOW))).revokedEntities, [profileVersionArn]);
  });
});
