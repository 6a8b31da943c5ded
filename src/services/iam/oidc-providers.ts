/** OpenID Connect providers: whose tokens STS takes for a role's session. Their keys are STS's business. */
import type { Call, Handlers } from "../../wire/index.ts";
import { invalidOidcUrl, oidcExists, oidcNotFound, quotaExceeded } from "./errors.ts";
import { IAM_LIMITS } from "./limits.ts";
import type { OidcRecord } from "./records.ts";
import type { IamClient, IamState } from "./state.ts";
import { pageOfTags, parseTags, printTags, printTagsMember, tagging, untagging } from "./tags.ts";

const ARN = /^arn:[^:]+:iam::(\d{12}):oidc-provider\/(.+)$/;

export function oidcProviderHandlers(state: IamState): Handlers<IamClient> {
  const { oidc, clock } = state;

  /** Throws NoSuchEntity, also for other accounts' providers, and what `change` throws. */
  async function update(call: Call, arn: string, change: (provider: OidcRecord) => OidcRecord): Promise<void> {
    const changed = await oidc.update(pathOf(call, arn), change);
    if (changed === undefined) throw oidcNotFound(arn);
  }
  async function get(call: Call, arn: string): Promise<OidcRecord> {
    const provider = await oidc.get(pathOf(call, arn));
    if (provider === undefined) throw oidcNotFound(arn);
    return provider;
  }

  return {
    async CreateOpenIDConnectProvider(input, call) {
      const provider: OidcRecord = {
        url: urlOf(input.Url),
        clientIds: checkedClientIds(input.ClientIDList ?? []),
        thumbprints: checkedThumbprints(input.ThumbprintList ?? []),
        createdAt: clock.now(),
        tags: parseTags(input.Tags),
      };
      if (!(await oidc.create(`${call.accountId}/${provider.url}`, provider))) throw oidcExists(provider.url);
      return { OpenIDConnectProviderArn: arnOf(call, provider), ...printTagsMember(provider.tags) };
    },

    async GetOpenIDConnectProvider({ OpenIDConnectProviderArn: arn }, call) {
      const provider = await get(call, arn);
      return {
        Url: provider.url,
        ClientIDList: [...provider.clientIds],
        ThumbprintList: [...provider.thumbprints],
        CreateDate: new Date(provider.createdAt),
        Tags: printTags(provider.tags),
      };
    },

    async ListOpenIDConnectProviders(_input, call) {
      const list: { Arn: string }[] = [];
      for await (const { value } of oidc.scan(`${call.accountId}/`)) list.push({ Arn: arnOf(call, value) });
      return { OpenIDConnectProviderList: list };
    },

    /** Of a provider that is not there, a success too. */
    async DeleteOpenIDConnectProvider({ OpenIDConnectProviderArn: arn }, call) {
      await oidc.delete(pathOf(call, arn));
      return {};
    },

    async AddClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn: arn, ClientID: id }, call) {
      await update(call, arn, (provider) => {
        if (provider.clientIds.includes(id)) return provider;
        return { ...provider, clientIds: checkedClientIds([...provider.clientIds, id]) };
      });
      return {};
    },

    async RemoveClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn: arn, ClientID: id }, call) {
      await update(call, arn, (provider) => ({
        ...provider,
        clientIds: provider.clientIds.filter((clientId) => clientId !== id),
      }));
      return {};
    },

    async UpdateOpenIDConnectProviderThumbprint({ OpenIDConnectProviderArn: arn, ThumbprintList: list }, call) {
      const thumbprints = checkedThumbprints(list);
      await update(call, arn, (provider) => ({ ...provider, thumbprints }));
      return {};
    },

    async TagOpenIDConnectProvider({ OpenIDConnectProviderArn: arn, Tags: tags }, call) {
      await update(call, arn, tagging(tags));
      return {};
    },

    async UntagOpenIDConnectProvider({ OpenIDConnectProviderArn: arn, TagKeys: keys }, call) {
      await update(call, arn, untagging(keys));
      return {};
    },

    async ListOpenIDConnectProviderTags(input, call) {
      return pageOfTags(input, (await get(call, input.OpenIDConnectProviderArn)).tags);
    },
  };
}

function urlOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "https:" || parsed.search !== "" || parsed.hash !== "") throw invalidOidcUrl();
  return url.slice("https://".length).replace(/\/$/, "");
}

function pathOf({ accountId }: Call, arn: string): string {
  const [, owner, url] = ARN.exec(arn) ?? [];
  if (owner !== accountId || url === undefined) throw oidcNotFound(arn);
  return `${accountId}/${url}`;
}

const arnOf = ({ partition, accountId }: Call, { url }: OidcRecord): string =>
  `arn:${partition}:iam::${accountId}:oidc-provider/${url}`;

function checkedClientIds(ids: readonly string[]): readonly string[] {
  const max = IAM_LIMITS.clientIdsPerProvider;
  if (ids.length > max) throw quotaExceeded("ClientIdsPerOpenIdConnectProvider", max);
  return ids;
}

function checkedThumbprints(thumbprints: readonly string[]): readonly string[] {
  const max = IAM_LIMITS.thumbprintsPerProvider;
  if (thumbprints.length > max) throw quotaExceeded("ThumbprintsPerOpenIdConnectProvider", max);
  return thumbprints;
}
