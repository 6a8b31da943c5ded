/**
 * What each operation of KMS needs of its caller: its action on the key's ARN, decided by the key's policy too, with the
 * encryption context and the aliases as conditions. A grant's operations count as if the key's policy allowed them.
 */
import type { Authorization, Call, Need } from "../../wire/index.ts";
import { readHeader } from "./ciphertext.ts";
import { aliasArn, getKey, keyArn } from "./find-key.ts";
import type { KeyRecord } from "./records.ts";
import { createKmsState, type KmsClient, type KmsPorts } from "./state.ts";

type Context = Readonly<Record<string, string>>;

export function kmsAuthorization(ports: KmsPorts): Authorization<KmsClient> {
  const state = createKmsState(ports);

  async function onKey(call: Call, keyId: string, action: string, context: Context = {}): Promise<Need[]> {
    const key = await getKey(state, call, keyId);
    return [needOf(key, call, action, context, keyId)];
  }

  /** Decrypting by what the ciphertext names; whatever names no key here is refused by the operation itself. */
  async function onCiphertext(
    call: Call,
    keyId: string | undefined,
    blob: Uint8Array | undefined,
    action: string,
    context: Context = {},
  ): Promise<Need[]> {
    const named = keyId ?? (blob && readHeader(blob)?.keyArn);
    if (named === undefined) return [];
    // The operation itself tells the caller what it does not find.
    const key = await getKey(state, call, named).catch(() => undefined);
    return key === undefined ? [] : [needOf(key, call, action, context, named)];
  }

  const simple = (action: string) => (input: { readonly KeyId?: string | undefined }, call: Call) =>
    onKey(call, input.KeyId ?? "", action);
  const withContext =
    (action: string) =>
    (input: { readonly KeyId: string; readonly EncryptionContext?: Context | undefined }, call: Call) =>
      onKey(call, input.KeyId, action, input.EncryptionContext);
  const aliased =
    (action: string) => async (input: { readonly AliasName: string; readonly TargetKeyId?: string }, call: Call) => [
      { action, resource: aliasArn(call, input.AliasName) },
      ...(input.TargetKeyId === undefined ? [] : await onKey(call, input.TargetKeyId, action)),
    ];

  return {
    DescribeKey: simple("kms:DescribeKey"),
    EnableKey: simple("kms:EnableKey"),
    DisableKey: simple("kms:DisableKey"),
    UpdateKeyDescription: simple("kms:UpdateKeyDescription"),
    ScheduleKeyDeletion: simple("kms:ScheduleKeyDeletion"),
    CancelKeyDeletion: simple("kms:CancelKeyDeletion"),
    CreateAlias: aliased("kms:CreateAlias"),
    UpdateAlias: aliased("kms:UpdateAlias"),
    DeleteAlias: aliased("kms:DeleteAlias"),
    Encrypt: withContext("kms:Encrypt"),
    GenerateDataKey: withContext("kms:GenerateDataKey"),
    GenerateDataKeyWithoutPlaintext: withContext("kms:GenerateDataKeyWithoutPlaintext"),
    Decrypt: (input, call) =>
      onCiphertext(call, input.KeyId, input.CiphertextBlob, "kms:Decrypt", input.EncryptionContext),
    ReEncrypt: async (input, call) => [
      ...(await onCiphertext(
        call,
        input.SourceKeyId,
        input.CiphertextBlob,
        "kms:ReEncryptFrom",
        input.SourceEncryptionContext,
      )),
      ...(await onKey(call, input.DestinationKeyId, "kms:ReEncryptTo", input.DestinationEncryptionContext)),
    ],
    Sign: simple("kms:Sign"),
    Verify: simple("kms:Verify"),
    GetPublicKey: simple("kms:GetPublicKey"),
    GenerateMac: simple("kms:GenerateMac"),
    VerifyMac: simple("kms:VerifyMac"),
    EnableKeyRotation: simple("kms:EnableKeyRotation"),
    DisableKeyRotation: simple("kms:DisableKeyRotation"),
    GetKeyRotationStatus: simple("kms:GetKeyRotationStatus"),
    GetKeyPolicy: simple("kms:GetKeyPolicy"),
    PutKeyPolicy: simple("kms:PutKeyPolicy"),
    ListKeyPolicies: simple("kms:ListKeyPolicies"),
    TagResource: simple("kms:TagResource"),
    UntagResource: simple("kms:UntagResource"),
    ListResourceTags: simple("kms:ListResourceTags"),
    CreateGrant: simple("kms:CreateGrant"),
    ListGrants: simple("kms:ListGrants"),
    RevokeGrant: simple("kms:RevokeGrant"),
    RetireGrant: ({ KeyId }, call) =>
      KeyId === undefined ? [{ action: "kms:RetireGrant", resource: "*" }] : onKey(call, KeyId, "kms:RetireGrant"),
  };
}

function needOf(key: KeyRecord, call: Call, action: string, context: Context, named: string): Need {
  const pairs = Object.entries(context);
  return {
    action,
    resource: keyArn(key),
    resourcePolicy: policyWithGrants(key, call, context),
    context: {
      "kms:CallerAccount": call.accountId,
      "kms:KeySpec": key.spec,
      "kms:KeyUsage": key.usage,
      "kms:KeyOrigin": "AWS_KMS",
      ...(named.includes("alias/") && { "kms:RequestAlias": named.slice(named.indexOf("alias/")) }),
      ...(pairs.length > 0 && { "kms:EncryptionContextKeys": pairs.map(([name]) => name) }),
      ...Object.fromEntries(pairs.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
      ...Object.fromEntries(Object.entries(key.tags).map(([name, value]) => [`aws:ResourceTag/${name}`, value])),
    },
  };
}

/** The key's policy, with a statement for each grant whose conditions the request meets. */
function policyWithGrants(key: KeyRecord, call: Call, context: Context): string {
  const met = key.grants.filter(
    ({ grantee, contextSubset, contextEquals }) =>
      isGrantee(grantee, call) &&
      includes(context, contextSubset ?? {}) &&
      (contextEquals === undefined || (includes(context, contextEquals) && includes(contextEquals, context))),
  );
  if (met.length === 0) return key.policy;
  const document: unknown = JSON.parse(key.policy);
  if (typeof document !== "object" || document === null) return key.policy;
  const given: unknown = Reflect.get(document, "Statement");
  const statements = met.map(({ operations }) => ({
    Effect: "Allow",
    Principal: call.principal.kind === "service" ? { Service: call.principal.arn } : { AWS: call.principal.arn },
    Action: operations.map((operation) => `kms:${operation}`),
    Resource: "*",
  }));
  return JSON.stringify({ ...document, Statement: [...(Array.isArray(given) ? given : [given]), ...statements] });
}

/** A role's grant holds for its sessions. */
function isGrantee(grantee: string, { principal }: Call): boolean {
  if (grantee === principal.arn) return true;
  const [, account, role] = /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(principal.arn) ?? [];
  return role !== undefined && grantee.includes(`::${account}:role/`) && grantee.endsWith(`/${role}`);
}

function includes(all: Context, part: Context): boolean {
  return Object.entries(part).every(([name, value]) => all[name] === value);
}
