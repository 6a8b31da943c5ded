/** SAML providers: kept and listed. No assertion of theirs is taken, since none can be verified here. */
import type { Call, Handlers } from "../../wire/index.ts";
import { invalidMetadata, samlExists, samlNotFound } from "./errors.ts";
import type { SamlRecord } from "./records.ts";
import type { IamClient, IamState } from "./state.ts";
import { pageOfTags, parseTags, printTags, printTagsMember, tagging, untagging } from "./tags.ts";

const ARN = /^arn:[^:]+:iam::(\d{12}):saml-provider\/([\w._-]+)$/;
/** How long metadata without an end of its own is said to be good for. */
const VALID_MS = 100 * 365 * 24 * 3_600_000;

export function samlProviderHandlers(state: IamState): Handlers<IamClient> {
  const { saml, clock } = state;

  /** Throws NoSuchEntity, also for other accounts' providers. */
  async function update(call: Call, arn: string, change: (provider: SamlRecord) => SamlRecord): Promise<SamlRecord> {
    const changed = await saml.update(pathOf(call, arn), change);
    if (changed === undefined) throw samlNotFound(arn);
    return changed;
  }
  async function get(call: Call, arn: string): Promise<SamlRecord> {
    const provider = await saml.get(pathOf(call, arn));
    if (provider === undefined) throw samlNotFound(arn);
    return provider;
  }

  return {
    async CreateSAMLProvider(input, call) {
      const createdAt = clock.now();
      const provider: SamlRecord = {
        name: input.Name,
        metadata: checkedMetadata(input.SAMLMetadataDocument),
        createdAt,
        validUntil: validUntil(input.SAMLMetadataDocument, createdAt),
        tags: parseTags(input.Tags),
      };
      if (!(await saml.create(`${call.accountId}/${provider.name}`, provider))) throw samlExists(provider.name);
      return { SAMLProviderArn: arnOf(call, provider), ...printTagsMember(provider.tags) };
    },

    async GetSAMLProvider({ SAMLProviderArn: arn }, call) {
      const provider = await get(call, arn);
      return {
        SAMLMetadataDocument: provider.metadata,
        CreateDate: new Date(provider.createdAt),
        ValidUntil: new Date(provider.validUntil),
        Tags: printTags(provider.tags),
      };
    },

    async ListSAMLProviders(_input, call) {
      const list: { Arn: string; ValidUntil: Date; CreateDate: Date }[] = [];
      for await (const { value } of saml.scan(`${call.accountId}/`)) {
        list.push({
          Arn: arnOf(call, value),
          ValidUntil: new Date(value.validUntil),
          CreateDate: new Date(value.createdAt),
        });
      }
      return { SAMLProviderList: list };
    },

    async UpdateSAMLProvider({ SAMLProviderArn: arn, SAMLMetadataDocument: document }, call) {
      if (document !== undefined) {
        const metadata = checkedMetadata(document);
        await update(call, arn, (provider) => ({
          ...provider,
          metadata,
          validUntil: validUntil(metadata, provider.createdAt),
        }));
      } else await get(call, arn);
      return { SAMLProviderArn: arn };
    },

    async DeleteSAMLProvider({ SAMLProviderArn: arn }, call) {
      if (!(await saml.delete(pathOf(call, arn)))) throw samlNotFound(arn);
      return {};
    },

    async TagSAMLProvider({ SAMLProviderArn: arn, Tags: tags }, call) {
      await update(call, arn, tagging(tags));
      return {};
    },

    async UntagSAMLProvider({ SAMLProviderArn: arn, TagKeys: keys }, call) {
      await update(call, arn, untagging(keys));
      return {};
    },

    async ListSAMLProviderTags(input, call) {
      return pageOfTags(input, (await get(call, input.SAMLProviderArn)).tags);
    },
  };
}

function pathOf({ accountId }: Call, arn: string): string {
  const [, owner, name] = ARN.exec(arn) ?? [];
  if (owner !== accountId || name === undefined) throw samlNotFound(arn);
  return `${accountId}/${name}`;
}

const arnOf = ({ partition, accountId }: Call, { name }: SamlRecord): string =>
  `arn:${partition}:iam::${accountId}:saml-provider/${name}`;

/** Throws InvalidInput for what is not the metadata of an identity provider. */
function checkedMetadata(metadata: string): string {
  if (!/<(?:[\w-]+:)?EntityDescriptor[\s>]/.test(metadata)) throw invalidMetadata();
  return metadata;
}

function validUntil(metadata: string, createdAt: number): number {
  const given = Date.parse(/\svalidUntil="([^"]+)"/.exec(metadata)?.[1] ?? "");
  return Number.isNaN(given) ? createdAt + VALID_MS : given;
}
