/**
 * Code signing from end to end. Goal: under Enforce nothing runs but what an allowed profile signed, as it was signed, and
 * not revoked; under Warn everything but packages whose signature does not fit. Method: a real server, the SDK's clients
 * of Signer and Lambda, the command line, and packages that were tampered with.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import * as lambda from "@aws-sdk/client-lambda";
import * as signer from "@aws-sdk/client-signer";
import { appendSignature, digestZip, payloadOf, ZIP_PAYLOAD_FORMAT } from "../src/signed-code/index.ts";
import { clientConfiguration } from "./support/functions.ts";
import { clientEnvironment, startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const run = promisify(execFile);
const ROLE = "arn:aws:iam::000000000000:role/lambda";
const BYTES_MAX = 1_000_000;
const SETTLED = { maxWaitTime: 60, minDelay: 0.02, maxDelay: 0.1 };
const FILES = { "index.mjs": "export const handler = async () => 'signed';" };
const PLATFORM = "AWSLambda-SHA384-ECDSA";

describe("code signing", () => {
  const stack = new AsyncDisposableStack();
  let server: TestServer;
  let client: lambda.LambdaClient;
  let signing: signer.SignerClient;
  let profileArn: string;

  before(async () => {
    server = stack.use(await startServer());
    client = stack.adopt(new lambda.LambdaClient(clientConfiguration(server)), (made) => made.destroy());
    signing = stack.adopt(new signer.SignerClient(clientConfiguration(server)), (made) => made.destroy());
    profileArn = await newProfile("release");
  });
  after(() => stack.disposeAsync());

  async function newProfile(profileName: string): Promise<string> {
    const made = await signing.send(new signer.PutSigningProfileCommand({ profileName, platformId: PLATFORM }));
    return made.profileVersionArn ?? "";
  }
  async function sign(
    code: Uint8Array,
    profileName = "release",
  ): Promise<{ readonly code: Buffer; readonly jobId: string }> {
    const digests = await digestZip(code, { bytesMax: BYTES_MAX, withFolder: true });
    const { signature, jobId = "" } = await signing.send(
      new signer.SignPayloadCommand({ profileName, payload: payloadOf(digests), payloadFormat: ZIP_PAYLOAD_FORMAT }),
    );
    return { code: appendSignature(code, Buffer.from(signature ?? []).toString(), digests), jobId };
  }
  async function config(policy: lambda.CodeSigningPolicy, publishers: readonly string[]): Promise<string> {
    const { CodeSigningConfig } = await client.send(
      new lambda.CreateCodeSigningConfigCommand({
        AllowedPublishers: { SigningProfileVersionArns: [...publishers] },
        CodeSigningPolicies: { UntrustedArtifactOnDeployment: policy },
      }),
    );
    return CodeSigningConfig?.CodeSigningConfigArn ?? "";
  }
  const create = (FunctionName: string, ZipFile: Uint8Array, CodeSigningConfigArn: string | undefined) =>
    client.send(
      new lambda.CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: ROLE,
        Code: { ZipFile },
        ...(CodeSigningConfigArn !== undefined && { CodeSigningConfigArn }),
      }),
    );
  const update = (FunctionName: string, ZipFile: Uint8Array) =>
    client.send(new lambda.UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
  const refused = (named: string) => ({
    name: "CodeVerificationFailedException",
    message: `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${named}.`,
  });

  it("CreateCodeSigningConfig, Get, Update, List and Delete keep a configuration, with tags", async () => {
    const { CodeSigningConfig: made } = await client.send(
      new lambda.CreateCodeSigningConfigCommand({
        Description: "first",
        AllowedPublishers: { SigningProfileVersionArns: [profileArn] },
        Tags: { team: "a" },
      }),
    );
    const arn = made?.CodeSigningConfigArn ?? "";
    assert.match(arn, /^arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-[a-z0-9]{17}$/);
    assert.deepEqual(made, {
      CodeSigningConfigArn: arn,
      CodeSigningConfigId: arn.split(":").at(-1),
      Description: "first",
      AllowedPublishers: { SigningProfileVersionArns: [profileArn] },
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" },
      LastModified: made?.LastModified,
    });
    const named = { CodeSigningConfigArn: arn };
    await client.send(new lambda.UpdateCodeSigningConfigCommand(named));
    const enforced = { ...named, CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" } } as const;
    await client.send(new lambda.UpdateCodeSigningConfigCommand(enforced));
    const got = await client.send(new lambda.GetCodeSigningConfigCommand(named));
    assert.equal(got.CodeSigningConfig?.CodeSigningPolicies?.UntrustedArtifactOnDeployment, "Enforce");
    const { CodeSigningConfigs } = await client.send(new lambda.ListCodeSigningConfigsCommand({}));
    assert.ok(CodeSigningConfigs?.some(({ CodeSigningConfigArn }) => CodeSigningConfigArn === arn));
    await client.send(new lambda.TagResourceCommand({ Resource: arn, Tags: { more: "b" } }));
    const { Tags } = await client.send(new lambda.ListTagsCommand({ Resource: arn }));
    assert.deepEqual(Tags, { team: "a", more: "b" });
    await client.send(new lambda.DeleteCodeSigningConfigCommand(named));
    await assert.rejects(client.send(new lambda.GetCodeSigningConfigCommand(named)), {
      name: "ResourceNotFoundException",
      message: `The Lambda code signing configuration ${arn} can not be found.`,
    });
  });

  it("PutFunctionCodeSigningConfig, Get and Delete tie a function to one, which then cannot be deleted", async () => {
    const arn = await config("Warn", [profileArn]);
    const missing = `${arn.slice(0, -1)}${arn.endsWith("0") ? "1" : "0"}`;
    await create("tied", await zip(FILES), undefined);
    await lambda.waitUntilFunctionActiveV2({ client, ...SETTLED }, { FunctionName: "tied" });
    const named = { FunctionName: "tied" };
    const get = () => client.send(new lambda.GetFunctionCodeSigningConfigCommand(named));
    assert.equal((await get()).CodeSigningConfigArn, undefined);
    const lost = new lambda.PutFunctionCodeSigningConfigCommand({
      FunctionName: "none",
      CodeSigningConfigArn: missing,
    });
    await assert.rejects(client.send(lost), {
      name: "CodeSigningConfigNotFoundException",
      message: `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${missing}.`,
    });
    await client.send(new lambda.PutFunctionCodeSigningConfigCommand({ ...named, CodeSigningConfigArn: arn }));
    assert.equal((await get()).CodeSigningConfigArn, arn);
    const users = await client.send(new lambda.ListFunctionsByCodeSigningConfigCommand({ CodeSigningConfigArn: arn }));
    assert.deepEqual(users.FunctionArns, ["arn:aws:lambda:us-east-1:000000000000:function:tied"]);
    const remove = new lambda.DeleteCodeSigningConfigCommand({ CodeSigningConfigArn: arn });
    await assert.rejects(client.send(remove), { name: "ResourceConflictException" });
    await client.send(new lambda.DeleteFunctionCodeSigningConfigCommand(named));
    assert.equal((await get()).CodeSigningConfigArn, undefined);
    await client.send(remove);
  });

  it("under Enforce a signed package runs, and shows who signed it", async () => {
    const arn = await config("Enforce", [profileArn]);
    const { code, jobId } = await sign(await zip(FILES));
    const made = await create("signed", code, arn);
    assert.deepEqual(
      [made.SigningProfileVersionArn, made.SigningJobArn],
      [profileArn, `arn:aws:signer:us-east-1:000000000000:/signing-jobs/${jobId}`],
    );
    await lambda.waitUntilFunctionActiveV2({ client, ...SETTLED }, { FunctionName: "signed" });
    const { Payload } = await client.send(new lambda.InvokeCommand({ FunctionName: "signed" }));
    assert.equal(Buffer.from(Payload ?? []).toString(), '"signed"');
  });

  it("under Enforce packages that are unsigned, or signed by another, are refused, and leave what there was", async () => {
    const arn = await config("Enforce", [profileArn]);
    await newProfile("stranger");
    const [unsigned, foreign] = [await zip(FILES), (await sign(await zip(FILES), "stranger")).code];
    for (const code of [unsigned, foreign]) await assert.rejects(create("refused", code, arn), refused("refused"));
    await assert.rejects(client.send(new lambda.GetFunctionCommand({ FunctionName: "refused" })), {
      name: "ResourceNotFoundException",
    });
    const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:kept";
    const { CodeSha256 } = await create("kept", (await sign(await zip(FILES))).code, arn);
    await lambda.waitUntilFunctionActiveV2({ client, ...SETTLED }, { FunctionName: "kept" });
    for (const code of [unsigned, foreign]) await assert.rejects(update("kept", code), refused(functionArn));
    const kept = await client.send(new lambda.GetFunctionConfigurationCommand({ FunctionName: "kept" }));
    assert.equal(kept.CodeSha256, CodeSha256);
  });

  for (const policy of ["Enforce", "Warn"] as const) {
    it(`under ${policy} a package that is not as it was signed is refused, however it was changed`, async () => {
      const arn = await config(policy, [profileArn]);
      const { code } = await sign(await zip(FILES));
      const { signature = "" } = await digestZip(code, { bytesMax: BYTES_MAX });
      const moved = async (files: Record<string, string>): Promise<Buffer> =>
        appendSignature(await zip(files), signature, { hasFolder: false });
      const bad = {
        changed: await moved({ "index.mjs": "export const handler = async () => 'evil';" }),
        added: await moved({ ...FILES, "more.mjs": "" }),
        removed: await moved({}),
        renamed: await moved({ "index.cjs": FILES["index.mjs"] }),
        "of another package": await moved({ "other.txt": "x" }),
        "no signature": appendSignature(await zip(FILES), "nonsense", { hasFolder: false }),
        "signed twice": appendSignature(code, signature, { hasFolder: true }),
      };
      for (const [how, package_] of Object.entries(bad)) {
        await assert.rejects(create("broken", package_, arn), { name: "InvalidCodeSignatureException" }, how);
      }
    });
  }

  it("under Warn everything else is deployed, told in the log and counted", async () => {
    const arn = await config("Warn", [profileArn]);
    await create("warned", await zip(FILES), arn);
    await lambda.waitUntilFunctionActiveV2({ client, ...SETTLED }, { FunctionName: "warned" });
    assert.match(server.output(), /deployed although its signature is not in order.*warned/);
    const metrics = await (await fetch(`${server.url}/_lambent/metrics`)).text();
    assert.match(metrics, /signature_?validation_?errors.*warned.* 1\b/i);
  });

  it("RevokeSignature and RevokeSigningProfile end what was signed", async () => {
    const revocable = await newProfile("revocable");
    const arn = await config("Enforce", [revocable]);
    const { code, jobId } = await sign(await zip(FILES), "revocable");
    await create("before", code, arn);
    await signing.send(new signer.RevokeSignatureCommand({ jobId, reason: "lost laptop" }));
    await assert.rejects(create("after", code, arn), refused("after"));
    const { revocationRecord } = await signing.send(new signer.DescribeSigningJobCommand({ jobId }));
    assert.equal(revocationRecord?.reason, "lost laptop");

    const another = (await sign(await zip({ ...FILES, "a.txt": "a" }), "revocable")).code;
    await signing.send(
      new signer.RevokeSigningProfileCommand({
        profileName: "revocable",
        profileVersion: revocable.split("/").at(-1),
        reason: "stolen",
        effectiveTime: new Date(0),
      }),
    );
    await assert.rejects(create("after", another, arn), refused("after"));
    const { status } = await signing.send(new signer.GetSigningProfileCommand({ profileName: "revocable" }));
    assert.equal(status, "Revoked");
    await assert.rejects(sign(await zip(FILES), "revocable"), { name: "ValidationException" });
  });

  it("PublishLayerVersion shows who signed a layer, and functions take signed layers only", async () => {
    const arn = await config("Enforce", [profileArn]);
    const publish = async (LayerName: string, ZipFile: Uint8Array): Promise<lambda.PublishLayerVersionCommandOutput> =>
      client.send(new lambda.PublishLayerVersionCommand({ LayerName, Content: { ZipFile } }));
    const files = { "lib/a.txt": "a" };
    const signed = await publish("signed", (await sign(await zip(files))).code);
    assert.equal(signed.Content?.SigningProfileVersionArn, profileArn);
    const plain = await publish("plain", await zip(files));
    assert.equal(plain.Content?.SigningProfileVersionArn, undefined);
    await create("layered", (await sign(await zip(FILES))).code, arn);
    await lambda.waitUntilFunctionActiveV2({ client, ...SETTLED }, { FunctionName: "layered" });
    const layers = (version: lambda.PublishLayerVersionCommandOutput) =>
      client.send(
        new lambda.UpdateFunctionConfigurationCommand({
          FunctionName: "layered",
          Layers: [version.LayerVersionArn ?? ""],
        }),
      );
    await assert.rejects(layers(plain), { name: "CodeVerificationFailedException" });
    const { Layers } = await layers(signed);
    assert.equal(Layers?.[0]?.SigningProfileVersionArn, profileArn);
    const { signature = "" } = await digestZip((await sign(await zip(files))).code, { bytesMax: BYTES_MAX });
    const forged = appendSignature(await zip({ "lib/a.txt": "b" }), signature, { hasFolder: false });
    await assert.rejects(publish("forged", forged), { name: "InvalidCodeSignatureException" });
  });

  it("`lambent sign` signs a package without uploading it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lambent-sign-"));
    stack.defer(() => rm(folder, { recursive: true }));
    const path = join(folder, "build.zip");
    await writeFile(path, await zip(FILES));
    const program = join(import.meta.dirname, "..", "bin", "lambent.js");
    const env = { ...process.env, ...clientEnvironment(server.url), LAMBENT_ENDPOINT: server.url };
    const { stdout } = await run(process.execPath, [program, "sign", path, "--profile", "release"], { env });
    assert.match(stdout, /Signed .*build-signed\.zip/);
    const signed = await readFile(join(folder, "build-signed.zip"));
    const made = await create("by-command", signed, await config("Enforce", [profileArn]));
    assert.equal(made.SigningProfileVersionArn, profileArn);
    await assert.rejects(
      run(process.execPath, [program, "sign", join(folder, "build-signed.zip"), "--profile", "release"], { env }),
      /signed already/,
    );
  });
});
