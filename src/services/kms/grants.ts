/** Grants: uses of a key that its owner gives to a principal without touching the policy. */
import type { GrantListEntry, GrantOperation } from "@aws-sdk/client-kms";
import type { Handlers, Place } from "../../wire/index.ts";
import { grantTokenNotFound, grantUnnamed, invalidGrantId, limitExceeded, noAliases } from "./errors.ts";
import { changeKey, getKey, getUsableKey, keyArn, keysOf } from "./find-key.ts";
import { LIMITS } from "./limits.ts";
import { after, markerOf, pageOf } from "./pages.ts";
import type { GrantRecord, KeyRecord } from "./records.ts";
import type { KmsClient, KmsState } from "./state.ts";

type Operations = "CreateGrant" | "ListGrants" | "ListRetirableGrants" | "RevokeGrant" | "RetireGrant";

const ID_BYTES = 32;
const TOKEN_BYTES = 48;

export function grantHandlers(state: KmsState): Pick<Handlers<KmsClient>, Operations> {
  return {
    async CreateGrant(input, call) {
      if (input.KeyId.includes("alias/")) throw noAliases();
      const found = await getUsableKey(state, call, input.KeyId);
      const { EncryptionContextSubset: subset, EncryptionContextEquals: equals } = input.Constraints ?? {};
      const grant: GrantRecord = {
        id: state.random.hex(ID_BYTES),
        ...(input.Name !== undefined && { name: input.Name }),
        grantee: input.GranteePrincipal ?? input.GranteeServicePrincipal ?? "",
        ...(input.GranteeServicePrincipal !== undefined && { toService: true }),
        ...(input.RetiringPrincipal !== undefined && { retiring: input.RetiringPrincipal }),
        issuer: call.principal.arn,
        operations: input.Operations,
        ...(subset && { contextSubset: { ...subset } }),
        ...(equals && { contextEquals: { ...equals } }),
        token: state.random.hex(TOKEN_BYTES),
        createdAt: state.clock.now(),
      };
      let kept = grant;
      await changeKey(state, found, (key) => {
        const same = key.grants.find((other) => grant.name !== undefined && isSame(other, grant));
        kept = same ?? grant;
        if (same !== undefined) return key;
        if (key.grants.length >= LIMITS.grantsPerKey) throw limitExceeded("grants per key");
        return { ...key, grants: [...key.grants, grant] };
      });
      return { GrantId: kept.id, GrantToken: kept.token };
    },

    async ListGrants(input, call) {
      const key = await getKey(state, call, input.KeyId);
      const { GrantId: id, GranteePrincipal: grantee } = input;
      if (id !== undefined && !key.grants.some((grant) => grant.id === id)) throw invalidGrantId();
      const wanted = sorted(key.grants)
        .filter((grant) => id === undefined || grant.id === id)
        .filter((grant) => grantee === undefined || grant.grantee === grantee);
      const list = `grants/${keyArn(key)}`;
      const rest = after(wanted, markerOf(list, input.Marker), (grant) => grant.id);
      const { items, end } = await pageOf(list, rest, input.Limit ?? LIMITS.grantsPage, (grant) => grant.id);
      return { Grants: items.map((grant) => shown(key, grant)), ...end };
    },

    async ListRetirableGrants(input, call) {
      const list = `retirable/${call.accountId}/${call.region}`;
      const marker = markerOf(list, input.Marker);
      const found: { readonly key: KeyRecord; readonly grant: GrantRecord }[] = [];
      for await (const key of keysOf(state, call)) {
        for (const grant of key.grants) if (grant.retiring === input.RetiringPrincipal) found.push({ key, grant });
      }
      found.sort((a, b) => (a.grant.id < b.grant.id ? -1 : 1));
      const rest = after(found, marker, ({ grant }) => grant.id);
      const { items, end } = await pageOf(list, rest, input.Limit ?? LIMITS.grantsPage, ({ grant }) => grant.id);
      return { Grants: items.map(({ key, grant }) => shown(key, grant)), ...end };
    },

    async RevokeGrant(input, call) {
      await remove(state, await getKey(state, call, input.KeyId), input.GrantId);
      return {};
    },

    async RetireGrant(input, call) {
      if (input.GrantToken !== undefined) {
        const { key, grant } = await byToken(state, call, input.GrantToken);
        await remove(state, key, grant.id);
      } else {
        if (input.GrantId === undefined || input.KeyId === undefined) throw grantUnnamed();
        await remove(state, await getKey(state, call, input.KeyId), input.GrantId);
      }
      return {};
    },
  };
}

async function byToken(
  state: KmsState,
  place: Place,
  token: string,
): Promise<{ readonly key: KeyRecord; readonly grant: GrantRecord }> {
  for await (const key of keysOf(state, place)) {
    const grant = key.grants.find((candidate) => candidate.token === token);
    if (grant !== undefined) return { key, grant };
  }
  throw grantTokenNotFound(token);
}

async function remove(state: KmsState, found: KeyRecord, id: string): Promise<void> {
  await changeKey(state, found, (key) => {
    if (!key.grants.some((grant) => grant.id === id)) throw invalidGrantId();
    return { ...key, grants: key.grants.filter((grant) => grant.id !== id) };
  });
}

/** A named grant that is asked for again is the one that is there. */
function isSame(a: GrantRecord, b: GrantRecord): boolean {
  const facts = ({ name, grantee, retiring, operations, contextSubset, contextEquals }: GrantRecord): string =>
    JSON.stringify([name, grantee, retiring ?? "", [...operations].sort(), contextSubset ?? {}, contextEquals ?? {}]);
  return facts(a) === facts(b);
}

function sorted(grants: readonly GrantRecord[]): GrantRecord[] {
  return [...grants].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function shown(key: KeyRecord, grant: GrantRecord): GrantListEntry {
  const { contextSubset: subset, contextEquals: equals } = grant;
  return {
    KeyId: keyArn(key),
    GrantId: grant.id,
    Name: grant.name ?? "",
    CreationDate: new Date(grant.createdAt),
    ...(grant.toService ? { GranteeServicePrincipal: grant.grantee } : { GranteePrincipal: grant.grantee }),
    ...(grant.retiring !== undefined && { RetiringPrincipal: grant.retiring }),
    IssuingAccount: `arn:${key.partition}:iam::${key.accountId}:root`,
    Operations: grant.operations as GrantOperation[],
    ...((subset ?? equals) && {
      Constraints: {
        ...(subset && { EncryptionContextSubset: { ...subset } }),
        ...(equals && { EncryptionContextEquals: { ...equals } }),
      },
    }),
  };
}
