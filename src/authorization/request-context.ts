/**
 * Condition keys that AWS knows of every request (IAM User Guide, "AWS global condition context keys"), beside those that
 * the need brings. Those that follow from the principal's name are the policy room's.
 */
import type { RequestContext } from "../policy/index.ts";
import type { Asker, Need, Origin } from "../wire/index.ts";
import type { PrincipalPolicies } from "./identities.ts";

export interface ContextFacts {
  readonly call: Asker;
  readonly origin: Origin;
  readonly need: Need;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly applicable: PrincipalPolicies | undefined;
  readonly resourceAccountId: string;
}

export function requestContext(facts: ContextFacts): RequestContext {
  const { call, origin, need, now, applicable, resourceAccountId } = facts;
  const context = new Map<string, readonly string[]>([
    ["aws:currenttime", [isoSeconds(now)]],
    ["aws:epochtime", [String(Math.floor(now / 1000))]],
    ["aws:requestedregion", [call.region]],
    ["aws:securetransport", [String(origin.secureTransport)]],
    ["aws:viaawsservice", ["false"]],
    ["aws:resourceaccount", [resourceAccountId]],
  ]);
  if (origin.sourceIp !== undefined) context.set("aws:sourceip", [origin.sourceIp]);
  if (origin.userAgent !== undefined) context.set("aws:useragent", [origin.userAgent]);
  addSource(context, call);
  if (applicable !== undefined) addPrincipal(context, applicable);
  for (const [key, value] of Object.entries(need.context ?? {})) {
    const values = typeof value === "string" ? [value] : value;
    if (values.length > 0) context.set(key.toLowerCase(), values);
  }
  return context;
}

/** On whose behalf a service calls. */
function addSource(context: Map<string, readonly string[]>, { principal }: Asker): void {
  if (principal.kind !== "service") return;
  const { sourceArn, sourceAccountId } = principal;
  if (sourceArn !== undefined) context.set("aws:sourcearn", [sourceArn]);
  if (sourceAccountId !== undefined) context.set("aws:sourceaccount", [sourceAccountId]);
}

function addPrincipal(context: Map<string, readonly string[]>, { userId, tags, facts }: PrincipalPolicies): void {
  context.set("aws:userid", [userId]);
  for (const [key, value] of tags) context.set(`aws:principaltag/${key.toLowerCase()}`, [value]);
  const { issuedAt, sourceIdentity, federatedProvider, sourceFunctionArn } = facts ?? {};
  if (issuedAt !== undefined) context.set("aws:tokenissuetime", [isoSeconds(issuedAt)]);
  if (sourceIdentity !== undefined) context.set("aws:sourceidentity", [sourceIdentity]);
  if (federatedProvider !== undefined) context.set("aws:federatedprovider", [federatedProvider]);
  if (sourceFunctionArn !== undefined) context.set("lambda:sourcefunctionarn", [sourceFunctionArn]);
}

function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
