/**
 * AssumeRoleWithWebIdentity: a session for whoever holds a token of an identity provider that the account has. The token
 * is the only credential, so it is always verified and the role's trust policy always asked. AssumeRoleWithSAML is only
 * ever refused: no assertion can be verified here.
 */
import type { Clock, Log } from "../../base/index.ts";
import { decide, type Policy, parsePolicy, type RequestContext } from "../../policy/index.ts";
import type { Call, Handlers } from "../../wire/index.ts";
import { assume } from "./assume-role.ts";
import {
  invalidSamlEncoding,
  invalidSamlSignature,
  noProvider,
  notAuthorized,
  noVerificationKey,
  tokenExpired,
  tokenNotYetValid,
  wrongAudience,
  wrongTokenSignature,
} from "./errors.ts";
import { findProvider, findRole, type IamApi, type KnownRole } from "./iam-lookups.ts";
import { type IdentityToken, isKeyOf, isSignedBy, readIdentityToken } from "./identity-tokens.ts";
import { ProviderKeys, ProviderUnreachable } from "./provider-keys.ts";
import { parseRoleArn, type RoleName } from "./role-arn.ts";
import type { Sessions } from "./sessions.ts";
import type { StsClient } from "./state.ts";

export interface WebIdentityPorts {
  readonly clock: Clock;
  readonly iam: IamApi | undefined;
  readonly log?: Log | undefined;
}

export function webIdentityHandlers(sessions: Sessions, ports: WebIdentityPorts): Handlers<StsClient> {
  const keys = new ProviderKeys(ports.clock);
  return {
    async AssumeRoleWithWebIdentity(input, call) {
      const name = parseRoleArn(input.RoleArn);
      const token = readIdentityToken(input.WebIdentityToken);
      const provider = await verifiedProvider(ports, keys, token, name, call);
      const role = await findRole(ports.iam, name, call.region);
      if (!isTrusted(role, provider, token, input.RoleSessionName)) throw notAuthorized("AssumeRoleWithWebIdentity");
      const { tags, sourceIdentity } = awsClaims(token);
      const assumed = await assume(
        sessions,
        role,
        { ...input, ...tags },
        {
          longest: role.record?.maxSessionSeconds,
          more: { federatedProvider: provider, ...(sourceIdentity === undefined ? {} : { sourceIdentity }) },
        },
      );
      return {
        ...assumed,
        SubjectFromWebIdentityToken: token.subject,
        Provider: provider,
        Audience: token.audience,
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      };
    },

    async AssumeRoleWithSAML(input) {
      const assertion = Buffer.from(input.SAMLAssertion, "base64").toString("utf8");
      throw assertion.trimStart().startsWith("<") ? invalidSamlSignature() : invalidSamlEncoding();
    },
  };
}

/** The ARN of the provider that signed the token. Throws InvalidIdentityToken or ExpiredToken. */
async function verifiedProvider(
  { clock, iam, log }: WebIdentityPorts,
  keys: ProviderKeys,
  token: IdentityToken,
  { partition, accountId }: RoleName,
  call: Call,
): Promise<string> {
  const arn = `arn:${partition}:iam::${accountId}:oidc-provider/${token.issuer.replace(/^https:\/\//, "")}`;
  const provider = await findProvider(iam, arn, accountId, call.region);
  if (provider === undefined || !token.issuer.startsWith("https://")) throw noProvider(token.issuer);
  const now = Math.floor(clock.now() / 1000);
  if (now >= token.expiresAt) throw tokenExpired(now, token.expiresAt);
  if (token.notBefore !== undefined && now < token.notBefore) throw tokenNotYetValid();
  if (!provider.ClientIDList?.includes(token.audience)) throw wrongAudience();
  const candidates = await keys
    .find(token.issuer, provider.ThumbprintList ?? [], (key) => isKeyOf(token, key))
    .catch((error: unknown) => {
      if (!(error instanceof ProviderUnreachable)) throw error;
      log?.warn(`the keys of the identity provider ${token.issuer} cannot be had`, { error });
      return [];
    });
  if (candidates.length === 0) throw noVerificationKey();
  if (!candidates.some((key) => isSignedBy(token, key))) throw wrongTokenSignature();
  return arn;
}

function isTrusted(role: KnownRole, provider: string, token: IdentityToken, session: string): boolean {
  if (role.record === undefined) return false;
  const { accountId } = parseRoleArn(role.arn);
  const decision = decide(
    {
      principal: { kind: "federated", provider },
      action: "sts:AssumeRoleWithWebIdentity",
      resource: role.arn,
      context: tokenContext(token, provider, session),
    },
    { identity: [], resource: { policy: trustOf(role.record), accountId } },
  );
  return decision.allowed;
}

const trustOf = ({ trustPolicy }: { readonly trustPolicy: string }): Policy => parsePolicy(trustPolicy, "trust");

/** Condition keys that a token gives: `accounts.example.com:sub` and its kin. */
function tokenContext(token: IdentityToken, provider: string, session: string): RequestContext {
  const host = provider.slice(provider.indexOf("/") + 1).toLowerCase();
  const context = new Map<string, readonly string[]>([
    ["sts:rolesessionname", [session]],
    ["aws:federatedprovider", [provider]],
    [`${host}:aud`, [token.audience]],
    [`${host}:sub`, [token.subject]],
  ]);
  for (const [claim, value] of Object.entries(token.claims)) {
    const key = `${host}:${claim.toLowerCase()}`;
    const values = (Array.isArray(value) ? value : [value]).filter((entry) => typeof entry === "string");
    if (values.length > 0 && !context.has(key)) context.set(key, values);
  }
  return context;
}

interface AwsClaims {
  readonly tags: {
    readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
    readonly TransitiveTagKeys?: readonly string[];
  };
  readonly sourceIdentity: string | undefined;
}

/** Session tags and source identity that the provider asserts. Source: IAM User Guide, "Passing session tags in AWS STS". */
function awsClaims({ claims }: IdentityToken): AwsClaims {
  const { "https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": source } = claims;
  const members: Readonly<Record<string, unknown>> = typeof tags === "object" && tags !== null ? { ...tags } : {};
  const { principal_tags: asserted, transitive_tag_keys: passing } = members;
  const Tags = Object.entries(typeof asserted === "object" && asserted !== null ? asserted : {}).flatMap(
    ([Key, value]: [string, unknown]) => {
      const [Value] = Array.isArray(value) ? value : [value];
      return typeof Value === "string" ? [{ Key, Value }] : [];
    },
  );
  const TransitiveTagKeys = Array.isArray(passing) ? passing.filter((key) => typeof key === "string") : [];
  return {
    tags: { ...(Tags.length > 0 && { Tags }), ...(TransitiveTagKeys.length > 0 && { TransitiveTagKeys }) },
    sourceIdentity: typeof source === "string" ? source : undefined,
  };
}
