/**
 * Access keys of users: two at most, whose secret is shown once. They are members of the user's record, so that nobody gets
 * a third by asking twice at once.
 */
import type { AccessKeyMetadata } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { accountOfAccessKey, LONG_TERM_KEY_PREFIX, makeAccessKeyId } from "../kit/index.ts";
import { accessKeyNotFound, quotaExceeded, userNotFound } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import { takePageOf } from "./pages.ts";
import type { StoredAccessKey, UserRecord } from "./records.ts";
import type { IamClient, IamState } from "./state.ts";
import { callerName } from "./users.ts";

const SECRET_BYTES = 30;

export function accessKeyHandlers(state: IamState): Handlers<IamClient> {
  const { users, clock, random, lastUses } = state;
  return {
    async CreateAccessKey(input, call) {
      const key: StoredAccessKey = {
        id: makeAccessKeyId(random, LONG_TERM_KEY_PREFIX, call.accountId),
        secret: Buffer.from(random.hex(SECRET_BYTES), "hex").toString("base64"),
        active: true,
        createdAt: clock.now(),
      };
      const user = await users.update(call, userOf(input, call), (found) => {
        const max = IAM_LIMITS.accessKeysPerUser;
        if (found.accessKeys.length >= max) throw quotaExceeded("AccessKeysPerUser", max);
        return { ...found, accessKeys: [...found.accessKeys, key] };
      });
      return {
        AccessKey: {
          UserName: user.name,
          AccessKeyId: key.id,
          Status: "Active",
          SecretAccessKey: key.secret,
          CreateDate: new Date(key.createdAt),
        },
      };
    },

    async ListAccessKeys(input, call) {
      const name = userOf(input, call);
      // The caller may be a user without a record, who has no keys.
      const user = input.UserName === undefined ? await users.find(call, name) : await users.get(call, name);
      const { items, ...rest } = await takePageOf(input, user?.accessKeys ?? [], ({ id }) => id);
      return { AccessKeyMetadata: items.map((key) => printKey(user?.name ?? name, key)), ...rest };
    },

    async UpdateAccessKey(input, call) {
      await users.update(call, userOf(input, call), (user) => {
        if (!user.accessKeys.some(({ id }) => id === input.AccessKeyId)) throw accessKeyNotFound(input.AccessKeyId);
        const active = input.Status === "Active";
        const accessKeys = user.accessKeys.map((key) => (key.id === input.AccessKeyId ? { ...key, active } : key));
        return { ...user, accessKeys };
      });
      return {};
    },

    async DeleteAccessKey(input, call) {
      await users.update(call, userOf(input, call), (user) => {
        const accessKeys = user.accessKeys.filter(({ id }) => id !== input.AccessKeyId);
        if (accessKeys.length === user.accessKeys.length) throw accessKeyNotFound(input.AccessKeyId);
        return { ...user, accessKeys };
      });
      await lastUses.delete(input.AccessKeyId);
      return {};
    },

    async GetAccessKeyLastUsed({ AccessKeyId: id }, call) {
      const user = await ownerOf(state, call, id);
      const last = await lastUses.get(id);
      return {
        UserName: user.name,
        AccessKeyLastUsed:
          last === undefined
            ? { ServiceName: "N/A", Region: "N/A" }
            : { LastUsedDate: new Date(last.at), ServiceName: last.service, Region: last.region },
      };
    },
  };
}

function printKey(UserName: string, key: StoredAccessKey): AccessKeyMetadata {
  const Status = key.active ? "Active" : "Inactive";
  return { UserName, AccessKeyId: key.id, Status, CreateDate: new Date(key.createdAt) };
}

/** The user that is named, else the caller. */
function userOf({ UserName: name }: { readonly UserName?: string | undefined }, call: Call): string {
  const user = name ?? callerName(call);
  if (user === undefined) throw userNotFound("root");
  return user;
}

async function ownerOf(state: IamState, call: Call, keyId: string): Promise<UserRecord> {
  if (accountOfAccessKey(keyId) !== call.accountId) throw accessKeyNotFound(keyId);
  for await (const { value: user } of state.users.scan(call)) {
    if (user.accessKeys.some(({ id }) => id === keyId)) return user;
  }
  throw accessKeyNotFound(keyId);
}
