/** What an account has as a whole: its alias. Its other settings are in their own files, in the same record. */
import type { Handlers } from "../../wire/index.ts";
import { aliasNotFound, aliasTaken } from "./errors.ts";
import type { AccountRecord } from "./records.ts";
import type { IamClient, IamState } from "./state.ts";

export function accountAliasHandlers(state: IamState): Handlers<IamClient> {
  const { accounts } = state;
  return {
    /** An alias is unique among all accounts; the one that an account had gives way. */
    CreateAccountAlias({ AccountAlias: alias }, { accountId }) {
      return state.locks.run("account aliases", async () => {
        for await (const { path, value } of accounts.scan("")) {
          if (value.alias === alias && path !== accountId) throw aliasTaken(alias);
        }
        await changeAccount(state, accountId, (account) => ({ ...account, alias }));
        return {};
      });
    },

    async DeleteAccountAlias({ AccountAlias: alias }, { accountId }) {
      await changeAccount(state, accountId, ({ alias: current, ...account }) => {
        if (current !== alias) throw aliasNotFound(alias);
        return account;
      });
      return {};
    },

    async ListAccountAliases(_input, { accountId }) {
      const alias = (await accounts.get(accountId))?.alias;
      return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
    },
  };
}

/** Changes the account's record, which begins empty. */
export async function changeAccount(
  { accounts }: Pick<IamState, "accounts">,
  accountId: string,
  change: (account: AccountRecord) => AccountRecord,
): Promise<AccountRecord> {
  for (;;) {
    const changed = await accounts.update(accountId, change);
    if (changed !== undefined) return changed;
    const first = change({});
    if (await accounts.create(accountId, first)) return first;
  }
}
