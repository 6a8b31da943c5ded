/** Keys themselves: create, describe, list, enable and disable, delete after a waiting time. */
import type { KeyMetadata } from "@aws-sdk/client-kms";
import type { Handlers } from "../../wire/index.ts";
import {
  awsManaged,
  notPendingDeletion,
  pendingWindow,
  unsupportedSpec,
  usageIncompatible,
  usageRequired,
} from "./errors.ts";
import { changeKey, getKey, keyArn, keysOf, requireNotPending } from "./find-key.ts";
import { checkKeyPolicy } from "./key-policies.ts";
import { isKeySpec, KEY_KINDS, type KeySpecName, type UsageName } from "./key-specs.ts";
import { DAY_MS, LIMITS } from "./limits.ts";
import { newKey } from "./new-key.ts";
import { markerOf, pageOf } from "./pages.ts";
import { type KeyRecord, keyPath } from "./records.ts";
import type { KmsClient, KmsState } from "./state.ts";
import { tagsOf } from "./tags.ts";

type Operations =
  | "CreateKey"
  | "DescribeKey"
  | "ListKeys"
  | "EnableKey"
  | "DisableKey"
  | "UpdateKeyDescription"
  | "ScheduleKeyDeletion"
  | "CancelKeyDeletion";

export function keyHandlers(state: KmsState): Pick<Handlers<KmsClient>, Operations> {
  return {
    async CreateKey(input, call) {
      const spec = specOf(input.KeySpec ?? input.CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT");
      const usage = usageOf(spec, input.KeyUsage);
      if (input.Policy !== undefined) checkKeyPolicy(input.Policy);
      const key = await newKey(state, call, {
        spec,
        usage,
        manager: "CUSTOMER",
        description: input.Description ?? "",
        multiRegion: input.MultiRegion ?? false,
        policy: input.Policy,
        tags: tagsOf({}, input.Tags ?? []),
      });
      await state.keys.create(keyPath(call, key.id), key);
      return { KeyMetadata: metadataOf(key) };
    },

    async DescribeKey(input, call) {
      return { KeyMetadata: metadataOf(await getKey(state, call, input.KeyId)) };
    },

    async ListKeys(input, call) {
      const list = `keys/${call.accountId}/${call.region}`;
      const source = keysOf(state, call, markerOf(list, input.Marker));
      const { items, end } = await pageOf(list, source, input.Limit ?? LIMITS.pageSize, ({ id }) => id);
      return { Keys: items.map((key) => ({ KeyId: key.id, KeyArn: keyArn(key) })), ...end };
    },

    async EnableKey(input, call) {
      await change(state, await getKey(state, call, input.KeyId), (key) => ({ ...key, state: "Enabled" }));
      return {};
    },

    async DisableKey(input, call) {
      await change(state, await getKey(state, call, input.KeyId), (key) => ({ ...key, state: "Disabled" }));
      return {};
    },

    async UpdateKeyDescription(input, call) {
      const { Description: description } = input;
      await change(state, await getKey(state, call, input.KeyId), (key) => ({ ...key, description }));
      return {};
    },

    async ScheduleKeyDeletion(input, call) {
      const days = input.PendingWindowInDays ?? LIMITS.pendingDays;
      if (days < LIMITS.pendingDaysMin || days > LIMITS.pendingDaysMax) throw pendingWindow();
      const deletionAt = state.clock.now() + days * DAY_MS;
      const key = await change(state, await getKey(state, call, input.KeyId), (current) => ({
        ...current,
        state: "PendingDeletion",
        deletionAt,
      }));
      return {
        KeyId: keyArn(key),
        DeletionDate: new Date(deletionAt),
        KeyState: "PendingDeletion",
        PendingWindowInDays: days,
      };
    },

    async CancelKeyDeletion(input, call) {
      const found = await getKey(state, call, input.KeyId);
      const key = await changeKey(state, found, (current) => {
        if (current.state !== "PendingDeletion") throw notPendingDeletion(keyArn(current));
        const { deletionAt: _over, ...rest } = current;
        return { ...rest, state: "Disabled" };
      });
      return { KeyId: keyArn(key) };
    },
  };
}

export function metadataOf(key: KeyRecord): KeyMetadata {
  const { encryption, signing, mac } = KEY_KINDS[key.spec];
  const rotates = key.spec === "SYMMETRIC_DEFAULT";
  const newest = key.materials.at(-1);
  return {
    AWSAccountId: key.accountId,
    KeyId: key.id,
    Arn: keyArn(key),
    CreationDate: new Date(key.createdAt),
    Enabled: key.state === "Enabled",
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.state,
    Origin: "AWS_KMS",
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    ...(key.usage === "ENCRYPT_DECRYPT" && { EncryptionAlgorithms: [...encryption] }),
    ...(key.usage === "SIGN_VERIFY" && { SigningAlgorithms: [...signing] }),
    ...(key.usage === "GENERATE_VERIFY_MAC" && { MacAlgorithms: [...mac] }),
    ...(key.deletionAt !== undefined && { DeletionDate: new Date(key.deletionAt) }),
    ...(rotates && newest && { CurrentKeyMaterialId: newest.id }),
    MultiRegion: key.multiRegion,
    ...(key.multiRegion && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: "PRIMARY",
        PrimaryKey: { Arn: keyArn(key), Region: key.region },
        ReplicaKeys: [],
      },
    }),
  };
}

/** Of keys that AWS manages nothing can be changed, of those that wait for their deletion only that they wait. */
function change(state: KmsState, found: KeyRecord, make: (key: KeyRecord) => KeyRecord): Promise<KeyRecord> {
  return changeKey(state, found, (key) => {
    if (key.manager === "AWS") throw awsManaged(keyArn(key));
    requireNotPending(key);
    return make(key);
  });
}

function specOf(given: string): KeySpecName {
  if (!isKeySpec(given)) throw unsupportedSpec(given);
  return given;
}

function usageOf(spec: KeySpecName, given: string | undefined): UsageName {
  const { usages } = KEY_KINDS[spec];
  if (given === undefined) {
    if (spec === "SYMMETRIC_DEFAULT") return "ENCRYPT_DECRYPT";
    throw usageRequired(spec);
  }
  const usage = usages.find((name) => name === given);
  if (usage === undefined) throw usageIncompatible(given, spec);
  return usage;
}
