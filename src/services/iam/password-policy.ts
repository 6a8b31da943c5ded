/** The account's password policy, and AWS's own where the account has none. */
import type { PasswordPolicy } from "@aws-sdk/client-iam";
import type { Handlers } from "../../wire/index.ts";
import { changeAccount } from "./accounts.ts";
import { passwordPolicyNotFound } from "./errors.ts";
import type { StoredPasswordPolicy } from "./records.ts";
import type { IamClient, IamState } from "./state.ts";

/** What an account without a policy asks for: eight characters, three kinds of them. */
const DEFAULT_LENGTH = 8;
const DEFAULT_KINDS = 3;
const UPDATED_LENGTH = 6;

export function passwordPolicyHandlers(state: IamState): Handlers<IamClient> {
  return {
    async GetAccountPasswordPolicy(_input, { accountId }) {
      const policy = (await state.accounts.get(accountId))?.passwordPolicy;
      if (policy === undefined) throw passwordPolicyNotFound(accountId);
      return { PasswordPolicy: printPolicy(policy) };
    },

    async UpdateAccountPasswordPolicy(input, { accountId }) {
      const { MaxPasswordAge: maxAgeDays, PasswordReusePrevention: reusePrevention, HardExpiry: hardExpiry } = input;
      const passwordPolicy: StoredPasswordPolicy = {
        minimumLength: input.MinimumPasswordLength ?? UPDATED_LENGTH,
        symbols: input.RequireSymbols ?? false,
        numbers: input.RequireNumbers ?? false,
        uppercase: input.RequireUppercaseCharacters ?? false,
        lowercase: input.RequireLowercaseCharacters ?? false,
        usersMayChange: input.AllowUsersToChangePassword ?? false,
        ...(maxAgeDays === undefined || maxAgeDays === 0 ? {} : { maxAgeDays }),
        ...(reusePrevention === undefined || reusePrevention === 0 ? {} : { reusePrevention }),
        ...(hardExpiry === undefined ? {} : { hardExpiry }),
      };
      await changeAccount(state, accountId, (account) => ({ ...account, passwordPolicy }));
      return {};
    },

    async DeleteAccountPasswordPolicy(_input, { accountId }) {
      await changeAccount(state, accountId, ({ passwordPolicy, ...account }) => {
        if (passwordPolicy === undefined) throw passwordPolicyNotFound(accountId);
        return account;
      });
      return {};
    },
  };
}

const KINDS = {
  uppercase: /[A-Z]/,
  lowercase: /[a-z]/,
  numbers: /[0-9]/,
  symbols: /[!@#$%^&*()_+\-=[\]{}|']/,
} as const;

export function isStrongPassword(password: string, policy: StoredPasswordPolicy | undefined): boolean {
  if (policy === undefined) {
    const kinds = Object.values(KINDS).filter((kind) => kind.test(password)).length;
    return password.length >= DEFAULT_LENGTH && kinds >= DEFAULT_KINDS;
  }
  if (password.length < policy.minimumLength) return false;
  return (["uppercase", "lowercase", "numbers", "symbols"] as const).every(
    (kind) => !policy[kind] || KINDS[kind].test(password),
  );
}

function printPolicy(policy: StoredPasswordPolicy): PasswordPolicy {
  return {
    MinimumPasswordLength: policy.minimumLength,
    RequireSymbols: policy.symbols,
    RequireNumbers: policy.numbers,
    RequireUppercaseCharacters: policy.uppercase,
    RequireLowercaseCharacters: policy.lowercase,
    AllowUsersToChangePassword: policy.usersMayChange,
    ExpirePasswords: policy.maxAgeDays !== undefined,
    ...(policy.maxAgeDays === undefined ? {} : { MaxPasswordAge: policy.maxAgeDays }),
    ...(policy.reusePrevention === undefined ? {} : { PasswordReusePrevention: policy.reusePrevention }),
    ...(policy.hardExpiry === undefined ? {} : { HardExpiry: policy.hardExpiry }),
  };
}
