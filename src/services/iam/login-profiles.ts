/** Passwords of users. Nobody signs in with one here; kept as a salted hash, and held against the account's policy. */
import { scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { LoginProfile } from "@aws-sdk/client-iam";
import type { Call, Handlers } from "../../wire/index.ts";
import { loginExists, loginNotFound, userNotFound, weakPassword } from "./errors.ts";
import { isStrongPassword } from "./password-policy.ts";
import type { UserRecord } from "./records.ts";
import type { IamClient, IamState } from "./state.ts";
import { callerName } from "./users.ts";

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const SALT_BYTES = 16;
const HASH_BYTES = 32;

export function loginProfileHandlers(state: IamState): Handlers<IamClient> {
  const { users, clock, random, accounts } = state;

  /** Throws PasswordPolicyViolation. */
  async function hashed(call: Call, password: string): Promise<{ readonly salt: string; readonly hash: string }> {
    if (!isStrongPassword(password, (await accounts.get(call.accountId))?.passwordPolicy)) throw weakPassword();
    const salt = random.hex(SALT_BYTES);
    return { salt, hash: (await derive(password, Buffer.from(salt, "hex"), HASH_BYTES)).toString("hex") };
  }

  return {
    async CreateLoginProfile(input, call) {
      const name = userOf(input, call);
      const login = {
        createdAt: clock.now(),
        resetRequired: input.PasswordResetRequired ?? false,
        ...(await hashed(call, input.Password ?? "")),
      };
      const user = await users.update(call, name, (found) => {
        if (found.login !== undefined) throw loginExists(found.name);
        return { ...found, login };
      });
      return { LoginProfile: printLogin(user, login) };
    },

    async GetLoginProfile(input, call) {
      const user = await users.get(call, userOf(input, call));
      if (user.login === undefined) throw loginNotFound(user.name);
      return { LoginProfile: printLogin(user, user.login) };
    },

    async UpdateLoginProfile(input, call) {
      const changed = input.Password === undefined ? {} : await hashed(call, input.Password);
      await users.update(call, input.UserName, (user) => {
        if (user.login === undefined) throw loginNotFound(user.name);
        const resetRequired = input.PasswordResetRequired ?? user.login.resetRequired;
        return { ...user, login: { ...user.login, ...changed, resetRequired } };
      });
      return {};
    },

    async DeleteLoginProfile(input, call) {
      await users.update(call, userOf(input, call), ({ login, ...user }) => {
        if (login === undefined) throw loginNotFound(user.name);
        return user;
      });
      return {};
    },
  };
}

function userOf({ UserName: name }: { readonly UserName?: string | undefined }, call: Call): string {
  const user = name ?? callerName(call);
  if (user === undefined) throw userNotFound("root");
  return user;
}

function printLogin(user: UserRecord, login: NonNullable<UserRecord["login"]>): LoginProfile {
  return {
    UserName: user.name,
    CreateDate: new Date(login.createdAt),
    PasswordResetRequired: login.resetRequired,
  };
}
