/**
 * A function's variables under a customer's key. Goal: they are readable where AWS shows them and nowhere else, least of
 * all on the disk, and a key that is withdrawn ends it. Method: a real server, the SDK's clients, and every byte of the
 * data folder.
 */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as kms from "@aws-sdk/client-kms";
import * as lambda from "@aws-sdk/client-lambda";
import { clientConfiguration, createFunction } from "./support/functions.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const HANDLER = { "index.mjs": "export const handler = async () => process.env.SECRET ?? null;" };
const SETTLED = { maxWaitTime: 60, minDelay: 0.02, maxDelay: 0.1 };

describe("a function whose variables have a customer's key", () => {
  const stack = new AsyncDisposableStack();
  let server: TestServer;
  let client: lambda.LambdaClient;
  let keys: kms.KMSClient;

  let dataFolder: string;

  async function open(): Promise<void> {
    server = stack.use(await startServer({ dataFolder }));
    client = stack.adopt(new lambda.LambdaClient(clientConfiguration(server)), (made) => made.destroy());
    keys = stack.adopt(new kms.KMSClient(clientConfiguration(server)), (made) => made.destroy());
  }
  before(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), "lambent-keys-"));
    stack.defer(() => rm(dataFolder, { recursive: true, force: true }));
    await open();
  });
  after(() => stack.disposeAsync());

  async function newKey(): Promise<{ readonly id: string; readonly arn: string }> {
    const { KeyMetadata } = await keys.send(new kms.CreateKeyCommand({}));
    return { id: KeyMetadata?.KeyId ?? "", arn: KeyMetadata?.Arn ?? "" };
  }
  async function create(FunctionName: string, KMSKeyArn: string, SECRET: string): Promise<void> {
    await createFunction(client, { FunctionName, KMSKeyArn, Environment: { Variables: { SECRET } }, files: HANDLER });
  }
  async function invoke(FunctionName: string): Promise<unknown> {
    const { Payload } = await client.send(new lambda.InvokeCommand({ FunctionName }));
    return JSON.parse(Buffer.from(Payload ?? []).toString());
  }
  const get = (FunctionName: string) => client.send(new lambda.GetFunctionConfigurationCommand({ FunctionName }));
  async function update(input: lambda.UpdateFunctionConfigurationCommandInput): Promise<void> {
    await client.send(new lambda.UpdateFunctionConfigurationCommand(input));
    await lambda.waitUntilFunctionUpdatedV2({ client, ...SETTLED }, { FunctionName: input.FunctionName });
  }
  async function restart({ withoutUnpackedCode }: { readonly withoutUnpackedCode: boolean }): Promise<void> {
    await server.stop();
    if (withoutUnpackedCode) await rm(join(dataFolder, "code"), { recursive: true });
    await open();
  }
  /** Files of the data folder in which `text` stands, in the clear or as base64. */
  async function traces(text: string): Promise<readonly string[]> {
    return filesWith(dataFolder, Buffer.from(text), ...[0, 1, 2].map((shift) => base64Inside(text, shift)));
  }

  it("gets its variables, shows them, and leaves no byte of them in the data folder", async () => {
    const [hidden, plain] = [`hidden-${randomUUID()}`, `plain-${randomUUID()}`];
    const { arn } = await newKey();
    await create("sealed", arn, hidden);
    assert.equal(await invoke("sealed"), hidden);
    const shown = await get("sealed");
    assert.deepEqual([shown.KMSKeyArn, shown.Environment], [arn, { Variables: { SECRET: hidden } }]);
    const published = await client.send(new lambda.PublishVersionCommand({ FunctionName: "sealed" }));
    assert.deepEqual(published.Environment, { Variables: { SECRET: hidden } });
    assert.equal(await invoke("sealed:1"), hidden);
    for (const listed of [
      (await client.send(new lambda.ListFunctionsCommand({}))).Functions?.[0],
      (await client.send(new lambda.ListVersionsByFunctionCommand({ FunctionName: "sealed" }))).Versions?.[1],
      (await client.send(new lambda.GetFunctionCommand({ FunctionName: "sealed" }))).Configuration,
    ]) {
      assert.deepEqual(listed?.Environment, { Variables: { SECRET: hidden } });
    }
    assert.deepEqual(await traces(hidden), []);
    await createFunction(client, {
      FunctionName: "clear",
      Environment: { Variables: { SECRET: plain } },
      files: HANDLER,
    });
    assert.notDeepEqual(await traces(plain), [], "what has no key would be found");
  });

  it("keeps its variables when the key, the role or something else changes, and loses the key with an empty one", async () => {
    const secret = `moving-${randomUUID()}`;
    const [one, two] = [await newKey(), await newKey()];
    await create("moving", one.arn, secret);
    await update({ FunctionName: "moving", Description: "something else" });
    await update({ FunctionName: "moving", KMSKeyArn: two.arn });
    assert.deepEqual((await get("moving")).KMSKeyArn, two.arn);
    await keys.send(new kms.DisableKeyCommand({ KeyId: one.id }));
    assert.equal(await invoke("moving"), secret);
    const Role = "arn:aws:iam::000000000000:role/other";
    await update({ FunctionName: "moving", Role });
    const { Grants } = await keys.send(new kms.ListGrantsCommand({ KeyId: two.id, GranteePrincipal: Role }));
    assert.deepEqual(
      Grants?.map(({ Constraints }) => Constraints?.EncryptionContextEquals),
      [{ "aws:lambda:FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:moving" }],
    );
    assert.equal(await invoke("moving"), secret);
    await update({ FunctionName: "moving", KMSKeyArn: "" });
    const shown = await get("moving");
    assert.deepEqual([shown.KMSKeyArn, shown.Environment], [undefined, { Variables: { SECRET: secret } }]);
  });

  const missing = "arn:aws:kms:us-east-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef";
  for (const [when, KMSKeyArn, answer] of [
    ["does not exist", missing, `NotFoundException KMS Message: Key '${missing}' does not exist`],
    [
      "is named by an alias",
      "arn:aws:kms:us-east-1:000000000000:alias/aws/lambda",
      "InvalidArnException KMS Message: Key Aliases are not supported for this operation.",
    ],
  ] as const) {
    it(`is not created with a key that ${when}`, async () => {
      await assert.rejects(create("never", KMSKeyArn, "x"), {
        name: "InvalidParameterValueException",
        message: `Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: ${answer}`,
      });
    });
  }

  const withdrawn: readonly (readonly [string, string, string, (id: string) => Promise<unknown>])[] = [
    ["disabled", "KMSDisabledException", "DisabledKMSKey", (KeyId) => keys.send(new kms.DisableKeyCommand({ KeyId }))],
    [
      "pending",
      "KMSInvalidStateException",
      "InvalidStateKMSKey",
      (KeyId) => keys.send(new kms.ScheduleKeyDeletionCommand({ KeyId })),
    ],
  ];
  for (const [name, exception, reasonCode, withdraw] of withdrawn) {
    it(`starts no more with a key that is ${name}, says so to invokers and readers, and its update fails`, async () => {
      const { id, arn } = await newKey();
      await create(name, arn, "x");
      await withdraw(id);
      await assert.rejects(invoke(name), (error: lambda.LambdaServiceException) => {
        assert.equal(error.name, exception);
        assert.equal(error.$metadata.httpStatusCode, 502);
        assert.match(
          error.message,
          /^Lambda was unable to decrypt the environment variables because the KMS key used is/,
        );
        assert.match(error.message, new RegExp(`Please check the function's KMS key settings. KMS Exception: .*${id}`));
        return true;
      });
      const { Environment } = await get(name);
      assert.equal(Environment?.Variables, undefined);
      assert.match(
        Environment?.Error?.Message ?? "",
        /^Lambda was unable to decrypt your environment variables because/,
      );
      await assert.rejects(update({ FunctionName: name, Description: "changed" }));
      const failed = await get(name);
      assert.deepEqual([failed.LastUpdateStatus, failed.LastUpdateStatusReasonCode], ["Failed", reasonCode]);
    });
  }

  it("goes on in environments that are there when its key is disabled, as on AWS", async () => {
    const { id, arn } = await newKey();
    await create("running", arn, "kept");
    assert.equal(await invoke("running"), "kept");
    await keys.send(new kms.DisableKeyCommand({ KeyId: id }));
    assert.equal(await invoke("running"), "kept");
  });

  it("keeps its code under a key: stored sealed, downloaded whole, unpacked again only while the key is to be used", async () => {
    const { id, arn } = await newKey();
    const code = await zip({ "index.mjs": `export const handler = async () => "${randomUUID()}";` });
    const create_ = {
      FunctionName: "packed",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/lambda",
      Code: { ZipFile: code, SourceKMSKeyArn: arn },
    } as const;
    const made = await client.send(new lambda.CreateFunctionCommand(create_));
    await lambda.waitUntilFunctionActiveV2({ client, ...SETTLED }, { FunctionName: "packed" });
    assert.equal(made.CodeSha256, createHash("sha256").update(code).digest("base64"));
    assert.equal(made.CodeSize, code.length);
    const { Code } = await client.send(new lambda.GetFunctionCommand({ FunctionName: "packed" }));
    assert.equal(Code?.SourceKMSKeyArn, arn);
    const download = (): Promise<Response> => fetch(Code?.Location ?? "");
    assert.deepEqual(Buffer.from(await (await download()).arrayBuffer()), Buffer.from(code));
    const answer = await invoke("packed");

    const blobs = await filesWith(server.dataFolder, Buffer.from(code.subarray(30, 90)));
    assert.deepEqual(blobs, [], "no file has the zip in the clear");

    const again = { ...create_.Code, FunctionName: "packed" };
    await client.send(new lambda.PublishVersionCommand({ FunctionName: "packed" }));
    await client.send(new lambda.UpdateFunctionCodeCommand({ ...again, Publish: true }));
    await lambda.waitUntilFunctionUpdatedV2({ client, ...SETTLED }, { FunctionName: "packed" });
    const { Versions } = await client.send(new lambda.ListVersionsByFunctionCommand({ FunctionName: "packed" }));
    assert.equal(Versions?.length, 2, "the same code under the same key is no new version");

    await keys.send(new kms.DisableKeyCommand({ KeyId: id }));
    assert.equal((await download()).status, 403);
    await assert.rejects(client.send(new lambda.UpdateFunctionCodeCommand(again)), {
      name: "InvalidParameterValueException",
      message: `Lambda was unable to configure access to your source code because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: DisabledException KMS Message: ${arn} is disabled.`,
    });
    await restart({ withoutUnpackedCode: true });
    await assert.rejects(invoke("packed"), { name: "KMSDisabledException" });
    await keys.send(new kms.EnableKeyCommand({ KeyId: id }));
    assert.equal(await invoke("packed"), answer);
  });
});

/** Files below `folder` that have one of these bytes in them; what environments run on is not looked at. */
async function filesWith(folder: string, ...needles: readonly Buffer[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.startsWith(join(folder, "run"))) continue;
    const content = await readFile(path);
    if (needles.some((needle) => content.includes(needle))) found.push(path);
  }
  return found;
}

/** What base64 makes of `text` wherever it begins, without the characters at its ends that depend on its neighbours. */
function base64Inside(text: string, shift: number): Buffer {
  const encoded = Buffer.from("x".repeat(shift) + text).toString("base64");
  return Buffer.from(encoded.slice(shift === 0 ? 0 : 4, -4));
}
