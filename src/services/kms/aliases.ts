/** Aliases: names of keys within an account and region. */
import type { AliasListEntry } from "@aws-sdk/client-kms";
import type { Handlers } from "../../wire/index.ts";
import { AWS_ALIASES } from "./aws-managed-keys.ts";
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
      const kept = valuesOf(state.aliases.scan(placePath(call), from));
      const predefined = [...AWS_ALIASES].filter((name) => marker === undefined || name > marker).sort();
      const source = keyId === undefined ? withPredefined(kept, predefined) : aliasesOf(kept, keyId);
      const { items, end } = await pageOf(list, source, input.Limit ?? LIMITS.pageSize, ({ name }) => name);
      return { Aliases: items.map((alias) => shown(aliasArn(call, alias.name), alias)), ...end };
    },
  };
}

/** An alias, or the name of one that AWS predefines and whose key nobody has named yet. */
type Listed = AliasRecord | { readonly name: string };

async function* valuesOf(entries: AsyncIterable<{ readonly value: AliasRecord }>): AsyncGenerator<AliasRecord> {
  for await (const { value } of entries) yield value;
}

async function* aliasesOf(aliases: AsyncIterable<AliasRecord>, keyId: string): AsyncGenerator<AliasRecord> {
  for await (const alias of aliases) if (alias.keyId === keyId) yield alias;
}

/** Both in the order of names; of one that is in both, the alias. */
async function* withPredefined(aliases: AsyncIterable<AliasRecord>, names: readonly string[]): AsyncGenerator<Listed> {
  let next = 0;
  for await (const alias of aliases) {
    for (let name = names[next]; name !== undefined && name <= alias.name; name = names[next]) {
      if (name !== alias.name) yield { name };
      next += 1;
    }
    yield alias;
  }
  for (const name of names.slice(next)) yield { name };
}

function shown(arn: string, alias: Listed): AliasListEntry {
  if (!("keyId" in alias)) return { AliasName: alias.name, AliasArn: arn };
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
