/**
 * Calls about what another account owns: a function, a layer. The resource's own policy says which of the operations that
 * AWS lets cross accounts the caller may use, and the call then goes on in the owner's account, so that nothing behind this
 * module knows the difference. A caller of the account itself is never asked here. Operations that do not cross accounts
 * are left in the caller's, where such names are refused. Sources: Lambda developer guide, "Granting Lambda function
 * access to other accounts" and "Granting Lambda layer access to other accounts"; recorded refusals of AWS.
 */
import type { Clock } from "../base/index.ts";
import {
  decide,
  type Policy,
  parseKeptPolicy,
  parsePolicy,
  principalFromArn,
  type RequestPrincipal,
} from "../policy/index.ts";
import {
  type Authorization,
  type Call,
  type Need,
  type Principal,
  parseArn,
  type ServiceModule,
} from "../wire/index.ts";
import type { LambdaModule } from "./control-plane.ts";
import { notAuthorized } from "./errors.ts";
import { parseLayer, parseReference } from "./names.ts";

/** On functions, their versions and aliases. */
const FUNCTION_OPERATIONS: ReadonlySet<string> = new Set([
  "CreateAlias",
  "DeleteAlias",
  "DeleteFunction",
  "DeleteFunctionConcurrency",
  "GetAlias",
  "GetFunction",
  "GetFunctionConfiguration",
  "GetPolicy",
  "Invoke",
  "InvokeAsync",
  "InvokeWithResponseStream",
  "ListAliases",
  "ListTags",
  "ListVersionsByFunction",
  "PublishVersion",
  "PutFunctionConcurrency",
  "TagResource",
  "UntagResource",
  "UpdateAlias",
  "UpdateFunctionCode",
]);

/** On layers: their policies can grant the reading of a version, and all else is refused for want of one. */
const LAYER_OPERATIONS: ReadonlySet<string> = new Set([
  "AddLayerVersionPermission",
  "DeleteLayerVersion",
  "GetLayerVersion",
  "GetLayerVersionByArn",
  "GetLayerVersionPolicy",
  "ListLayerVersions",
  "PublishLayerVersion",
  "RemoveLayerVersionPermission",
]);

/** Identity policies are looked at by whoever authenticates; here they are taken to allow. */
const EVERYTHING = parsePolicy(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  "identity",
);

export interface CrossAccountOptions {
  readonly authorization: Authorization<LambdaModule>;
  readonly clock: Clock;
  /** Whether a gate asks every policy after this module has said where the call belongs. */
  readonly isGated: boolean;
}

export function acrossAccounts(options: CrossAccountOptions): NonNullable<ServiceModule<LambdaModule>["locate"]> {
  return (operation, input, call) => {
    const owner = ownerOf(operation, input, call);
    const located = owner === undefined ? call : inAccount(call, owner);
    if (options.isGated || (owner === undefined && !usesLayersOfOthers(operation, input, call))) return located;
    return requireGranted(options, operation, input, located).then(() => located);
  };
}

/** Undefined where it is the caller's account, or the operation does not leave that. */
function ownerOf(operation: string, input: unknown, call: Call): string | undefined {
  if (FUNCTION_OPERATIONS.has(operation)) {
    const name = member(input, "FunctionName") ?? member(input, "Resource");
    if (typeof name !== "string" || !name.includes(":")) return undefined;
    const reference = parseReference(name, call);
    return reference.kind === "other-account" ? reference.accountId : undefined;
  }
  if (!LAYER_OPERATIONS.has(operation)) return undefined;
  const layer = member(input, "LayerName") ?? member(input, "Arn");
  return typeof layer === "string" ? layerOwner(layer, call) : undefined;
}

function layerOwner(arn: string, call: Call): string | undefined {
  if (!arn.includes(":")) return undefined;
  const reference = parseLayer(arn, call);
  const isOthers = reference?.region === call.region && reference.accountId !== call.accountId;
  return isOthers ? reference.accountId : undefined;
}

/** What CreateFunction and UpdateFunctionConfiguration name beside the function itself. */
function usesLayersOfOthers(operation: string, input: unknown, call: Call): boolean {
  if (operation !== "CreateFunction" && operation !== "UpdateFunctionConfiguration") return false;
  const layers = member(input, "Layers");
  return Array.isArray(layers) && layers.some((arn) => typeof arn === "string" && layerOwner(arn, call) !== undefined);
}

function member(input: unknown, name: string): unknown {
  return Reflect.get(Object(input), name);
}

type Ask = (input: unknown, call: Call) => readonly Need[];

/** @throws AccessDeniedException for what the policy of another account's resource does not grant */
async function requireGranted(
  { authorization, clock }: CrossAccountOptions,
  operation: string,
  input: unknown,
  call: Call,
): Promise<void> {
  const ask: unknown = Reflect.get(authorization, operation);
  const needs = typeof ask === "function" ? (ask as Ask)(input, call) : [];
  const { principal } = call;
  const requester = requesterOf(principal);
  for (const need of needs) {
    const accountId = parseArn(need.resource)?.accountId ?? "";
    if (accountId === principal.accountId || !need.action.startsWith("lambda:")) continue;
    const decision = decide(
      { principal: requester, action: need.action, resource: need.resource, context: contextOf(need, call, clock) },
      { identity: [EVERYTHING], resource: { policy: compiled(need), accountId } },
    );
    if (!decision.allowed) throw notAuthorized(principal, need, decision.outcome === "explicitDeny");
  }
}

function requesterOf({ kind, arn, accountId }: Principal): RequestPrincipal {
  if (kind === "anonymous") return { kind: "anonymous" };
  if (kind === "service") return { kind: "service", service: arn };
  return principalFromArn(arn) ?? { kind: "user", accountId, arn };
}

function compiled({ resourcePolicy, resource }: Need): Policy | undefined {
  return parseKeptPolicy(resourcePolicy ?? undefined, "resource", resource);
}

function contextOf({ resource, context = {} }: Need, call: Call, clock: Clock): Map<string, readonly string[]> {
  const now = clock.now();
  const { sourceArn, sourceAccountId } = call.principal;
  const facts = {
    "aws:CurrentTime": new Date(now).toISOString(),
    "aws:EpochTime": String(Math.floor(now / 1000)),
    "aws:RequestedRegion": call.region,
    "aws:ResourceAccount": parseArn(resource)?.accountId,
    "aws:SourceAccount": sourceAccountId,
    "aws:SourceArn": sourceArn,
    "aws:UserAgent": call.header("user-agent"),
    "aws:ViaAWSService": "false",
    ...context,
  };
  const known = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(facts)) {
    if (value !== undefined) known.set(key.toLowerCase(), typeof value === "string" ? [value] : value);
  }
  return known;
}

/** Its caller stays who it is. */
function inAccount(call: Call, accountId: string): Call {
  const { requestId, service, operation, region, partition, principal, endpoint } = call;
  return {
    ...{ requestId, service, operation, accountId, region, partition, principal, endpoint },
    get signal() {
      return call.signal;
    },
    header: (name) => call.header(name),
    setHeader: (name, value) => call.setHeader(name, value),
  };
}
