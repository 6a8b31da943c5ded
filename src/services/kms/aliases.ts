/** Aliases: names of keys within an account and region. */
import type { AliasListEntry } from "@aws-sdk/client-kms";
import type { Handlers } from "../../wire/index.ts";
import { aliasExists, aliasNotFound, aliasPrefix, aliasReserved, limitExceeded } from "./errors.ts";
import { aliasArn, getKey, requireNotPending } from "./find-key.ts";
import { LIMITS } from "./limits.ts";
import { markerOf, pageOf } from "./pages.ts";
import { type AliasRecord, aliasPath, placePath } from "./records.ts";
import type { KmsClient, KmsState } from "./state.ts";

export function aliasHandlers(
  state: KmsState,
): Pick<Handlers<KmsClient>, "CreateAlias" | "UpdateAlias" | "DeleteAlias" | "ListAliases"> {
  return {
    async CreateAlias(input, call) {
      const name = checkName(input.AliasName);
      const key = await getKey(state, call, input.TargetKeyId);
      requireNotPending(key);
      let others = 0;
      for await (const { value } of state.aliases.scan(placePath(call))) if (value.keyId === key.id) others += 1;
      if (others >= LIMITS.aliasesPerKey) throw limitExceeded("aliases per key");
      const now = state.clock.now();
      const created = await state.aliases.create(aliasPath(call, name), {
        name,
        keyId: key.id,
        createdAt: now,
        updatedAt: now,
      });
      if (!created) throw aliasExists(aliasArn(call, name));
      return {};
    },

    async UpdateAlias(input, call) {
      const name = checkName(input.AliasName);
      const key = await getKey(state, call, input.TargetKeyId);
      requireNotPending(key);
      const updatedAt = state.clock.now();
      const updated = await state.aliases.update(aliasPath(call, name), (alias) => ({
        ...alias,
        keyId: key.id,
        updatedAt,
      }));
      if (updated === undefined) throw aliasNotFound(aliasArn(call, name));
      return {};
    },

    async DeleteAlias(input, call) {
      const name = checkName(input.AliasName);
      if (!(await state.aliases.delete(aliasPath(call, name)))) throw aliasNotFound(aliasArn(call, name));
      return {};
    },

    async ListAliases(input, call) {
      const keyId = input.KeyId === undefined ? undefined : (await getKey(state, call, input.KeyId)).id;
      const list = `aliases/${call.accountId}/${call.region}/${keyId ?? ""}`;
      const marker = markerOf(list, input.Marker);
      const from = marker === undefined ? undefined : aliasPath(call, marker);
      const source = aliasesOf(state.aliases.scan(placePath(call), from), keyId);
      const { items, end } = await pageOf(list, source, input.Limit ?? LIMITS.pageSize, ({ name }) => name);
      return { Aliases: items.map((alias) => shown(aliasArn(call, alias.name), alias)), ...end };
    },
  };
}

async function* aliasesOf(
  entries: AsyncIterable<{ readonly value: AliasRecord }>,
  keyId: string | undefined,
): AsyncGenerator<AliasRecord> {
  for await (const { value } of entries) if (keyId === undefined || value.keyId === keyId) yield value;
}

function shown(arn: string, alias: AliasRecord): AliasListEntry {
  return {
    AliasName: alias.name,
    AliasArn: arn,
    TargetKeyId: alias.keyId,
    CreationDate: new Date(alias.createdAt),
    LastUpdatedDate: new Date(alias.updatedAt),
  };
}

function checkName(name: string): string {
  if (!name.startsWith("alias/")) throw aliasPrefix();
  if (name.startsWith("alias/aws/")) throw aliasReserved();
  return name;
}
