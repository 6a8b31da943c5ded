/**
 * Whether a caller may do what an operation needs: the policies that apply to it are gathered, those of the resource
 * compiled, and the policy language asked. Services that call on their own account are asked only where the resource has
 * a say; what they do inside this server for themselves is nobody's permission.
 */
import { BoundedMap, type Clock } from "../base/index.ts";
import {
  type ApplicablePolicies,
  type Decision,
  decide,
  type Policy,
  type PolicyKind,
  parsePolicy,
  type RequestPrincipal,
} from "../policy/index.ts";
import { type Asker, type Need, type Origin, type Principal, parseArn } from "../wire/index.ts";
import type { Identities, PrincipalPolicies } from "./identities.ts";
import { AUTHORIZATION_LIMITS } from "./limits.ts";
import { inEveryPartition, inOwnPartition } from "./partitions.ts";
import { requestContext } from "./request-context.ts";

export interface AccessOptions {
  readonly identities: Pick<Identities, "policiesOf">;
  readonly clock: Clock;
}

const ALLOWED: Decision = {
  allowed: true,
  outcome: "allowed",
  reason: "a service does its own work",
  statements: [],
  missing: [],
  missingContextKeys: [],
};

export class Access {
  readonly #options: AccessOptions;
  readonly #compiled = new BoundedMap<string, Policy>(AUTHORIZATION_LIMITS.compiledPoliciesMax);

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** What the policies say to one need. */
  async decide(need: Need, call: Asker, origin: Origin): Promise<Decision> {
    const { principal } = call;
    if (principal.kind === "service" && need.resourcePolicy === undefined) return ALLOWED;
    const requester = rootOrService(principal);
    const applicable = requester === undefined ? await this.#options.identities.policiesOf(principal) : undefined;
    return this.#decideWith(
      need,
      call,
      origin,
      requester ?? applicable?.principal ?? unrecorded(principal),
      applicable,
    );
  }

  #decideWith(
    need: Need,
    call: Asker,
    origin: Origin,
    requester: RequestPrincipal,
    applicable: PrincipalPolicies | undefined,
  ): Decision {
    const owner = ownerOf(need, call);
    const { clock } = this.#options;
    const context = requestContext({ call, origin, need, now: clock.now(), applicable, resourceAccountId: owner });
    const policy = typeof need.resourcePolicy === "string" ? this.#compile(need.resourcePolicy, need) : undefined;
    const policies: ApplicablePolicies = {
      identity: applicable?.identity ?? [],
      boundary: applicable?.boundary,
      session: applicable?.session,
      resource: { policy, accountId: owner },
    };
    const { action } = need;
    const asked = { principal: requester, resource: inOwnPartition(need.resource), context };
    const decision = decide({ ...asked, action }, policies);
    if (decision.allowed) {
      for (const names of inEveryPartition(need, asked)) {
        const elsewhere = decide({ ...names, action }, policies);
        if (elsewhere.outcome === "explicitDeny") return elsewhere;
      }
    }
    if (need.resourcePolicyRules !== true || !decision.allowed) return decision;
    return decision.statements.some(({ source }) => source === "resource") ? decision : withoutResource(decision);
  }

  #compile(document: string, { resource }: Need): Policy {
    const kind: PolicyKind = /:iam::\d{12}:role\//.test(resource) ? "trust" : "resource";
    const key = `${kind}\n${document}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const policy = parsePolicy(document, kind);
    this.#compiled.set(key, policy);
    return policy;
  }
}

/** 12 digits. */
function ownerOf({ resource, ownerAccountId }: Need, call: Asker): string {
  if (ownerAccountId !== undefined) return ownerAccountId;
  const accountId = parseArn(resource)?.accountId ?? "";
  return /^\d{12}$/.test(accountId) ? accountId : call.accountId;
}

function rootOrService({ kind, arn, accountId }: Principal): RequestPrincipal | undefined {
  if (kind === "anonymous") return { kind: "anonymous" };
  if (kind === "service") return { kind: "service", service: arn };
  return arn.endsWith(`:iam::${accountId}:root`) ? { kind: "root", accountId, arn } : undefined;
}

/** A user or role that nobody keeps a record of: it is known by its name, and nothing allows it anything. */
function unrecorded({ kind, arn, accountId }: Principal): RequestPrincipal {
  if (kind !== "assumed-role") return { kind: "user", accountId, arn };
  const { partition = "aws", resource = "" } = parseArn(arn) ?? {};
  const roleArn = `arn:${partition}:iam::${accountId}:role/${resource.split("/")[1] ?? ""}`;
  return { kind: "assumed-role", accountId, arn, roleArn };
}

function withoutResource(decision: Decision): Decision {
  const reason = "the resource's own policy does not let the caller in";
  return { ...decision, allowed: false, outcome: "implicitDeny", reason, missing: ["resource"], statements: [] };
}
