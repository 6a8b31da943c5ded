/** KMS through the unmodified SDK client: keys, what they encrypt and sign, and what is refused. */
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify as verifyNatively } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as kms from "@aws-sdk/client-kms";
import { systemRandom } from "../../base/index.ts";
import { type TestClock, type TestServer, testClock, testServer, testStore } from "../kit/testing.ts";
import { kmsService } from "./index.ts";
import { DAY_MS } from "./limits.ts";

const NOW = Date.UTC(2026, 4, 1, 12);
const SECRET = Buffer.from("a very particular secret 4711");
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

describe("KMS through the SDK client", () => {
  const stack = new AsyncDisposableStack();
  let server: TestServer;
  let clock: TestClock;
  let client: kms.KMSClient;

  before(async () => {
    clock = testClock(NOW);
    const store = stack.use(await testStore(clock));
    server = stack.use(await testServer([kmsService({ store, clock, random: systemRandom })]));
    client = stack.adopt(new kms.KMSClient(server.clientConfig), (made) => made.destroy());
  });
  after(() => stack.disposeAsync());

  async function createKey(input: kms.CreateKeyCommandInput = {}): Promise<kms.KeyMetadata> {
    const { KeyMetadata } = await client.send(new kms.CreateKeyCommand(input));
    assert.ok(KeyMetadata);
    return KeyMetadata;
  }
  async function encrypt(KeyId: string | undefined, EncryptionContext?: Record<string, string>): Promise<Uint8Array> {
    const input = { KeyId, Plaintext: SECRET, ...(EncryptionContext && { EncryptionContext }) };
    return (await client.send(new kms.EncryptCommand(input))).CiphertextBlob ?? new Uint8Array();
  }
  const decrypt = (CiphertextBlob: Uint8Array, rest: Omit<kms.DecryptCommandInput, "CiphertextBlob"> = {}) =>
    client.send(new kms.DecryptCommand({ CiphertextBlob, ...rest }));

  it("CreateKey, DescribeKey, ListKeys and UpdateKeyDescription show a key as AWS does", async () => {
    const created = await createKey({ Description: "mine", Tags: [{ TagKey: "team", TagValue: "a" }] });
    assert.match(created.KeyId ?? "", /^[0-9a-f-]{36}$/);
    assert.deepEqual(
      { ...created, CurrentKeyMaterialId: undefined },
      {
        AWSAccountId: "000000000000",
        KeyId: created.KeyId,
        Arn: `arn:aws:kms:us-east-1:000000000000:key/${created.KeyId}`,
        CreationDate: new Date(NOW),
        Enabled: true,
        Description: "mine",
        KeyUsage: "ENCRYPT_DECRYPT",
        KeyState: "Enabled",
        Origin: "AWS_KMS",
        KeyManager: "CUSTOMER",
        CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
        KeySpec: "SYMMETRIC_DEFAULT",
        EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
        CurrentKeyMaterialId: undefined,
        MultiRegion: false,
      },
    );
    await client.send(new kms.UpdateKeyDescriptionCommand({ KeyId: created.KeyId, Description: "yours" }));
    const { KeyMetadata } = await client.send(new kms.DescribeKeyCommand({ KeyId: created.Arn }));
    assert.equal(KeyMetadata?.Description, "yours");
    await createKey();
    const ids = [];
    for await (const { Keys } of kms.paginateListKeys({ client, pageSize: 1 }, {})) ids.push(...(Keys ?? []));
    assert.ok(ids.length >= 2 && ids.some(({ KeyArn }) => KeyArn === created.Arn));
  });

  it("Encrypt and Decrypt go together under the same context only", async () => {
    const { Arn, KeyId } = await createKey();
    const blob = await encrypt(KeyId, { purpose: "test", who: "me" });
    const opened = await decrypt(blob, { EncryptionContext: { who: "me", purpose: "test" } });
    assert.deepEqual(
      [text(opened.Plaintext), opened.KeyId, opened.EncryptionAlgorithm],
      [SECRET.toString(), Arn, "SYMMETRIC_DEFAULT"],
    );
    const invalid = { name: "InvalidCiphertextException" };
    await assert.rejects(decrypt(blob), invalid);
    await assert.rejects(decrypt(blob, { EncryptionContext: { who: "me" } }), invalid);
    await assert.rejects(decrypt(blob, { EncryptionContext: { who: "you", purpose: "test" } }), invalid);
    await assert.rejects(decrypt(blob, { EncryptionContext: { whome: "", purpose: "test" } }), invalid);
  });

  it("a ciphertext of which any byte was changed, or any is missing, opens for nobody", async () => {
    const blob = Buffer.from(await encrypt((await createKey()).KeyId));
    for (let at = 0; at < blob.length; at += 1) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await assert.rejects(decrypt(changed), (error: Error) => {
        assert.match(error.name, /^(InvalidCiphertextException|AccessDeniedException|NotFoundException)$/);
        return true;
      });
    }
    for (const length of [1, 4, 60, blob.length - 20, blob.length - 1]) {
      await assert.rejects(decrypt(blob.subarray(0, length)), { name: "InvalidCiphertextException" });
    }
  });

  it("Decrypt with another key than the ciphertext's is refused, and ReEncrypt moves it", async () => {
    const [one, two] = [await createKey(), await createKey()];
    const blob = await encrypt(one.KeyId);
    await assert.rejects(decrypt(blob, { KeyId: two.Arn }), {
      name: "IncorrectKeyException",
      message: "The key ID in the request does not identify a CMK that can perform this operation.",
    });
    const moved = await client.send(new kms.ReEncryptCommand({ CiphertextBlob: blob, DestinationKeyId: two.KeyId }));
    assert.deepEqual([moved.SourceKeyId, moved.KeyId], [one.Arn, two.Arn]);
    const opened = await decrypt(moved.CiphertextBlob ?? new Uint8Array(), { KeyId: two.KeyId });
    assert.equal(text(opened.Plaintext), SECRET.toString());
  });

  it("GenerateDataKey, GenerateDataKeyWithoutPlaintext and GenerateRandom give bytes of the length asked for", async () => {
    const { KeyId } = await createKey();
    const made = await client.send(new kms.GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }));
    assert.equal(made.Plaintext?.length, 32);
    const opened = await decrypt(made.CiphertextBlob ?? new Uint8Array());
    assert.deepEqual(opened.Plaintext, made.Plaintext);
    const hidden = await client.send(new kms.GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 48 }));
    assert.equal((await decrypt(hidden.CiphertextBlob ?? new Uint8Array())).Plaintext?.length, 48);
    const random = await client.send(new kms.GenerateRandomCommand({ NumberOfBytes: 7 }));
    assert.equal(random.Plaintext?.length, 7);
    await assert.rejects(client.send(new kms.GenerateDataKeyCommand({ KeyId })), {
      name: "ValidationException",
      message: "Please specify either number of bytes or key spec.",
    });
  });

  it("aliases name keys, move, and are listed; a name that is taken is refused", async () => {
    const [one, two] = [await createKey(), await createKey()];
    const AliasName = "alias/door";
    const arn = "arn:aws:kms:us-east-1:000000000000:alias/door";
    await client.send(new kms.CreateAliasCommand({ AliasName, TargetKeyId: one.KeyId }));
    await assert.rejects(client.send(new kms.CreateAliasCommand({ AliasName, TargetKeyId: two.KeyId })), {
      name: "AlreadyExistsException",
      message: `An alias with the name ${arn} already exists`,
    });
    const blob = await encrypt(AliasName);
    await client.send(new kms.UpdateAliasCommand({ AliasName, TargetKeyId: two.KeyId }));
    assert.equal((await client.send(new kms.DescribeKeyCommand({ KeyId: arn }))).KeyMetadata?.KeyId, two.KeyId);
    assert.equal((await decrypt(blob)).KeyId, one.Arn);
    const { Aliases } = await client.send(new kms.ListAliasesCommand({ KeyId: two.KeyId }));
    assert.deepEqual(
      Aliases?.map(({ AliasArn, TargetKeyId }) => [AliasArn, TargetKeyId]),
      [[arn, two.KeyId]],
    );
    await client.send(new kms.DeleteAliasCommand({ AliasName }));
    await assert.rejects(client.send(new kms.DescribeKeyCommand({ KeyId: AliasName })), {
      name: "NotFoundException",
      message: `Alias ${arn} is not found.`,
    });
    await assert.rejects(client.send(new kms.CreateAliasCommand({ AliasName: "door", TargetKeyId: one.KeyId })), {
      name: "ValidationException",
      message: /must start with the prefix "alias\/"/,
    });
  });

  it("alias/aws/lambda is a key that AWS manages, made when it is first named", async () => {
    const { KeyMetadata: key } = await client.send(new kms.DescribeKeyCommand({ KeyId: "alias/aws/lambda" }));
    assert.deepEqual([key?.KeyManager, key?.KeyState], ["AWS", "Enabled"]);
    assert.equal((await decrypt(await encrypt("alias/aws/lambda"))).KeyId, key?.Arn);
    const delete_ = new kms.ScheduleKeyDeletionCommand({ KeyId: key?.KeyId });
    await assert.rejects(client.send(delete_), { name: "AccessDeniedException" });
  });

  it("a disabled key does nothing, and a key that waits for its deletion comes back only by CancelKeyDeletion", async () => {
    const { KeyId, Arn } = await createKey();
    const blob = await encrypt(KeyId);
    await client.send(new kms.DisableKeyCommand({ KeyId }));
    await assert.rejects(decrypt(blob), { name: "DisabledException", message: `${Arn} is disabled.` });
    await client.send(new kms.EnableKeyCommand({ KeyId }));
    await decrypt(blob);
    const scheduled = await client.send(new kms.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    assert.deepEqual(
      [scheduled.KeyId, scheduled.KeyState, scheduled.DeletionDate],
      [Arn, "PendingDeletion", new Date(NOW + 7 * DAY_MS)],
    );
    const pending = { name: "KMSInvalidStateException", message: `${Arn} is pending deletion.` };
    await assert.rejects(decrypt(blob), pending);
    await assert.rejects(client.send(new kms.EnableKeyCommand({ KeyId })), pending);
    await client.send(new kms.CancelKeyDeletionCommand({ KeyId }));
    const { KeyMetadata } = await client.send(new kms.DescribeKeyCommand({ KeyId }));
    assert.deepEqual([KeyMetadata?.KeyState, KeyMetadata?.DeletionDate], ["Disabled", undefined]);
  });

  it("after its waiting time a key is gone, with its aliases", async () => {
    const { KeyId, Arn } = await createKey();
    await client.send(new kms.CreateAliasCommand({ AliasName: "alias/short", TargetKeyId: KeyId }));
    await client.send(new kms.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    clock.set(NOW + 7 * DAY_MS);
    try {
      await assert.rejects(client.send(new kms.DescribeKeyCommand({ KeyId })), {
        name: "NotFoundException",
        message: `Key '${Arn}' does not exist`,
      });
      await assert.rejects(client.send(new kms.DescribeKeyCommand({ KeyId: "alias/short" })), {
        name: "NotFoundException",
      });
    } finally {
      clock.set(NOW);
    }
  });

  it("a rotated key opens what it encrypted before, and GetKeyRotationStatus tells when it rotates", async () => {
    const { KeyId } = await createKey();
    const before = await encrypt(KeyId);
    await client.send(new kms.EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    const status = await client.send(new kms.GetKeyRotationStatusCommand({ KeyId }));
    assert.deepEqual(
      [status.KeyRotationEnabled, status.RotationPeriodInDays, status.NextRotationDate],
      [true, 90, new Date(NOW + 90 * DAY_MS)],
    );
    const material = async (): Promise<string | undefined> =>
      (await client.send(new kms.DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId;
    const first = await material();
    clock.set(NOW + 91 * DAY_MS);
    try {
      const later = await encrypt(KeyId);
      assert.notEqual(await material(), first);
      for (const blob of [before, later]) assert.equal(text((await decrypt(blob)).Plaintext), SECRET.toString());
    } finally {
      clock.set(NOW);
    }
    await client.send(new kms.DisableKeyRotationCommand({ KeyId }));
    assert.equal((await client.send(new kms.GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled, false);
  });

  for (const [KeySpec, algorithms] of Object.entries({
    RSA_2048: ["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512"],
    ECC_NIST_P256: ["ECDSA_SHA_256"],
    ECC_NIST_P384: ["ECDSA_SHA_384"],
    ECC_NIST_P521: ["ECDSA_SHA_512"],
    ECC_SECG_P256K1: ["ECDSA_SHA_256"],
  } as const)) {
    it(`Sign and Verify with ${KeySpec}, of messages and of digests, agree with OpenSSL`, async () => {
      const { KeyId } = await createKey({ KeySpec: KeySpec as kms.KeySpec, KeyUsage: "SIGN_VERIFY" });
      const { PublicKey = new Uint8Array() } = await client.send(new kms.GetPublicKeyCommand({ KeyId }));
      const key = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
      for (const SigningAlgorithm of algorithms) {
        const hash = `sha${SigningAlgorithm.slice(-3)}`;
        const digest = createHash(hash).update(SECRET).digest();
        const forms = [
          { Message: SECRET, MessageType: "RAW" },
          { Message: digest, MessageType: "DIGEST" },
        ] as const;
        for (const form of forms) {
          const { Signature = new Uint8Array() } = await client.send(
            new kms.SignCommand({ KeyId, SigningAlgorithm, ...form }),
          );
          const native = SigningAlgorithm.includes("PSS") ? { key, padding: 6, saltLength: digest.length } : key;
          assert.ok(verifyNatively(hash, SECRET, native, Signature), `${SigningAlgorithm} ${form.MessageType}`);
          for (const other of forms) {
            const verified = new kms.VerifyCommand({ KeyId, SigningAlgorithm, Signature, ...other });
            assert.equal((await client.send(verified)).SignatureValid, true);
          }
          const wrong = Buffer.from(Signature);
          wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
          const refused = { KeyId, SigningAlgorithm, ...form };
          for (const bad of [wrong, wrong.subarray(0, -1), Buffer.alloc(wrong.length)]) {
            await assert.rejects(client.send(new kms.VerifyCommand({ ...refused, Signature: bad })), {
              name: "KMSInvalidSignatureException",
            });
          }
        }
      }
    });
  }

  it("RSA keys encrypt by their public key, up to what the padding leaves", async () => {
    const { KeyId } = await createKey({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" });
    const EncryptionAlgorithm = "RSAES_OAEP_SHA_256";
    const made = await client.send(new kms.EncryptCommand({ KeyId, EncryptionAlgorithm, Plaintext: SECRET }));
    const opened = await decrypt(made.CiphertextBlob ?? new Uint8Array(), { KeyId, EncryptionAlgorithm });
    assert.equal(text(opened.Plaintext), SECRET.toString());
    await assert.rejects(
      client.send(new kms.EncryptCommand({ KeyId, EncryptionAlgorithm, Plaintext: Buffer.alloc(191) })),
      {
        name: "ValidationException",
        message: "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.",
      },
    );
    const broken = Buffer.from(made.CiphertextBlob ?? []);
    broken[9] = (broken[9] ?? 0) ^ 1;
    await assert.rejects(decrypt(broken, { KeyId, EncryptionAlgorithm }), { name: "InvalidCiphertextException" });
  });

  it("GenerateMac and VerifyMac, and keys used for what they are not for", async () => {
    const { KeyId, Arn } = await createKey({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
    const MacAlgorithm = "HMAC_SHA_256";
    const { Mac } = await client.send(new kms.GenerateMacCommand({ KeyId, MacAlgorithm, Message: SECRET }));
    const verified = await client.send(new kms.VerifyMacCommand({ KeyId, MacAlgorithm, Message: SECRET, Mac }));
    assert.equal(verified.MacValid, true);
    await assert.rejects(
      client.send(new kms.VerifyMacCommand({ KeyId, MacAlgorithm, Message: Buffer.from("x"), Mac })),
      { name: "KMSInvalidMacException" },
    );
    await assert.rejects(encrypt(KeyId), {
      name: "InvalidKeyUsageException",
      message: `${Arn} key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt.`,
    });
    const other = new kms.GenerateMacCommand({ KeyId, MacAlgorithm: "HMAC_SHA_512", Message: SECRET });
    await assert.rejects(client.send(other), {
      name: "InvalidKeyUsageException",
      message: "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.",
    });
  });

  it("GetKeyPolicy, PutKeyPolicy, ListKeyPolicies, TagResource, UntagResource and ListResourceTags keep what they are given", async () => {
    const { KeyId } = await createKey({ Tags: [{ TagKey: "a", TagValue: "1" }] });
    const { Policy } = await client.send(new kms.GetKeyPolicyCommand({ KeyId, PolicyName: "default" }));
    assert.match(Policy ?? "", /"kms:\*"/);
    const next = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    await client.send(new kms.PutKeyPolicyCommand({ KeyId, PolicyName: "default", Policy: next }));
    assert.equal((await client.send(new kms.GetKeyPolicyCommand({ KeyId }))).Policy, next);
    assert.deepEqual((await client.send(new kms.ListKeyPoliciesCommand({ KeyId }))).PolicyNames, ["default"]);
    await assert.rejects(client.send(new kms.PutKeyPolicyCommand({ KeyId, Policy: "no policy" })), {
      name: "MalformedPolicyDocumentException",
    });
    await client.send(new kms.TagResourceCommand({ KeyId, Tags: [{ TagKey: "b", TagValue: "2" }] }));
    await client.send(new kms.UntagResourceCommand({ KeyId, TagKeys: ["a", "none"] }));
    const { Tags } = await client.send(new kms.ListResourceTagsCommand({ KeyId }));
    assert.deepEqual(Tags, [{ TagKey: "b", TagValue: "2" }]);
  });

  it("CreateGrant gives the same grant for the same name; ListGrants, ListRetirableGrants, RevokeGrant and RetireGrant", async () => {
    const { KeyId, Arn } = await createKey();
    const role = "arn:aws:iam::000000000000:role/worker";
    const input = { KeyId, GranteePrincipal: role, RetiringPrincipal: role, Operations: ["Decrypt"], Name: "one" };
    const grant = new kms.CreateGrantCommand({ ...input, Operations: ["Decrypt"] });
    const first = await client.send(grant);
    assert.deepEqual((await client.send(grant)).GrantId, first.GrantId);
    const second = await client.send(new kms.CreateGrantCommand({ ...input, Operations: ["Encrypt"], Name: "two" }));
    const { Grants } = await client.send(new kms.ListGrantsCommand({ KeyId }));
    assert.deepEqual(Grants?.map(({ Name }) => Name).sort(), ["one", "two"]);
    const retirable = await client.send(new kms.ListRetirableGrantsCommand({ RetiringPrincipal: role }));
    assert.deepEqual(
      retirable.Grants?.map((one) => one.KeyId),
      [Arn, Arn],
    );
    await client.send(new kms.RevokeGrantCommand({ KeyId, GrantId: first.GrantId }));
    await client.send(new kms.RetireGrantCommand({ GrantToken: second.GrantToken }));
    assert.deepEqual((await client.send(new kms.ListGrantsCommand({ KeyId }))).Grants, []);
    await assert.rejects(client.send(new kms.RevokeGrantCommand({ KeyId, GrantId: first.GrantId })), {
      name: "InvalidGrantIdException",
    });
  });

  it("keys that do not exist, are no keys, or are elsewhere, are told apart", async () => {
    const missing = "01234567-89ab-cdef-0123-456789abcdef";
    const rows: readonly (readonly [string, string])[] = [
      [missing, `Key 'arn:aws:kms:us-east-1:000000000000:key/${missing}' does not exist`],
      ["nonsense", "Invalid keyId 'nonsense'"],
      [`arn:aws:kms:eu-west-1:000000000000:key/${missing}`, "Invalid arn eu-west-1"],
      ["alias/none", "Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found."],
    ];
    for (const [KeyId, message] of rows) {
      await assert.rejects(client.send(new kms.DescribeKeyCommand({ KeyId })), { name: "NotFoundException", message });
    }
  });
});

describe("KMS in its store", () => {
  it("no key material is readable in the data folder", async () => {
    const clock = testClock(NOW);
    const folders = async (): Promise<string[]> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith("lambent-service-test-"));
    const before = new Set(await folders());
    await using store = await testStore(clock);
    const folder = (await folders()).find((name) => !before.has(name));
    assert.ok(folder);
    await using server = await testServer([kmsService({ store, clock, random: systemRandom })]);
    const client = new kms.KMSClient(server.clientConfig);
    try {
      await client.send(new kms.CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" }));
    } finally {
      client.destroy();
    }
    // Every PKCS #8 key of RSA begins with its version and this algorithm.
    const prefix = Buffer.from("020100300d06092a864886f70d010101", "hex");
    for (const name of await readdir(join(tmpdir(), folder), { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const content = await readFile(join(name.parentPath, name.name));
      assert.equal(content.includes(prefix), false);
      assert.equal(content.includes(prefix.toString("base64").slice(0, 18)), false);
    }
  });
});
