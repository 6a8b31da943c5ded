/**
 * Whether a caller may use a function URL, by the resource policies of its function and alias. What identity policies allow
 * is not looked at here: they are taken to allow, so that a signed caller of the function's own account is let in unless it
 * is denied.
 */
import type { FunctionUrl } from "../lambda/index.ts";
import {
  decide,
  type Policy,
  parseKeptPolicy,
  parsePolicy,
  principalFromArn,
  type RequestPrincipal,
} from "../policy/index.ts";
import type { Origin, Principal } from "../wire/index.ts";
import { needsOf, type UrlAction } from "./url-needs.ts";

const EVERYTHING = parsePolicy(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  "identity",
);

export interface UrlRequest {
  /** Undefined for requests without a signature. */
  readonly caller: Principal | undefined;
  readonly origin: Origin;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The first action that the caller is not granted. */
export function missingPermission(url: FunctionUrl, request: UrlRequest): UrlAction | undefined {
  const principal = requesterOf(request.caller);
  const policies = { identity: [EVERYTHING], resource: { policy: compiled(url), accountId: url.accountId } };
  const missing = needsOf(url).find(({ action, resource, context }) => {
    const known = contextOf(request, context);
    return !decide({ principal, action, resource, context: known }, policies).allowed;
  });
  return missing?.action;
}

const known = new WeakMap<FunctionUrl, Policy | undefined>();

function compiled(url: FunctionUrl): Policy | undefined {
  if (!known.has(url)) known.set(url, parseKeptPolicy(url.resourcePolicy, "resource"));
  return known.get(url);
}

function contextOf({ origin, now }: UrlRequest, facts: Readonly<Record<string, string>>): Map<string, string[]> {
  const all = {
    ...facts,
    "aws:CurrentTime": new Date(now).toISOString(),
    "aws:EpochTime": String(Math.floor(now / 1000)),
    "aws:SecureTransport": String(origin.secureTransport),
    "aws:SourceIp": origin.sourceIp,
    "aws:UserAgent": origin.userAgent,
    "aws:ViaAWSService": "false",
  };
  const context = new Map<string, string[]>();
  for (const [key, value] of Object.entries(all)) if (value !== undefined) context.set(key.toLowerCase(), [value]);
  return context;
}

function requesterOf(caller: Principal | undefined): RequestPrincipal {
  if (caller === undefined || caller.kind === "anonymous") return { kind: "anonymous" };
  if (caller.kind === "service") return { kind: "service", service: caller.arn };
  return principalFromArn(caller.arn) ?? { kind: "user", accountId: caller.accountId, arn: caller.arn };
}
