/**
 * The decision: an explicit denial anywhere, then what is allowed, within every limit. Source: IAM User Guide, "Policy
 * evaluation logic": within one account identity and resource policies are united, across accounts both must allow;
 * boundaries and session policies limit, but for what a resource policy gives to the very user or session.
 */
import { type Grant, judge, type Verdict } from "./judge.ts";
import { RequestView } from "./request-view.ts";
import type { ApplicablePolicies, DecidingStatement, Decision, PolicyRequest, PolicySource } from "./types.ts";

export function decide(request: PolicyRequest, policies: ApplicablePolicies): Decision {
  const view = new RequestView(request);
  const { principal } = request;
  const isRoot = principal.kind === "root";
  const resource = judge(view, "resource", policies.resource?.policy === undefined ? [] : [policies.resource.policy]);
  const identity = judge(view, "identity", isRoot ? [] : (policies.identity ?? []));
  const boundary = limit(view, "boundary", isRoot || policies.boundary === undefined ? undefined : [policies.boundary]);
  const session = limit(view, "session", policies.session);
  const verdicts = [identity, resource, boundary, session].filter((verdict) => verdict !== undefined);
  const missingContextKeys = view.missingKeys();

  const denials = verdicts.flatMap(({ denials }) => denials);
  if (denials.length > 0) {
    const reason = `explicitly denied by ${describe(denials)}`;
    return { allowed: false, outcome: "explicitDeny", reason, statements: denials, missing: [], missingContextKeys };
  }

  const missing = missingOf({ request, policies, identity, resource, boundary, session });
  const allowed = missing.length === 0;
  const statements = verdicts.flatMap(({ grants }) => grants.map(({ statement }) => statement));
  const reason = allowed ? allowedReason(statements, isRoot) : `no ${missing.join(" policy and no ")} policy allows it`;
  return { allowed, outcome: allowed ? "allowed" : "implicitDeny", reason, statements, missing, missingContextKeys };
}

function limit(
  view: RequestView,
  source: PolicySource,
  policies: Parameters<typeof judge>[2] | undefined,
): Verdict | undefined {
  return policies === undefined ? undefined : judge(view, source, policies);
}

interface Evaluated {
  readonly request: PolicyRequest;
  readonly policies: ApplicablePolicies;
  readonly identity: Verdict;
  readonly resource: Verdict;
  readonly boundary: Verdict | undefined;
  readonly session: Verdict | undefined;
}

/** Every kind of policy that would still have to allow. */
function missingOf({ request, policies, identity, resource, boundary, session }: Evaluated): readonly PolicySource[] {
  const { principal } = request;
  if (principal.kind === "anonymous" || principal.kind === "service" || principal.kind === "federated") {
    return resource.grants.length > 0 ? [] : ["resource"];
  }
  const foreign = policies.resource !== undefined && policies.resource.accountId !== principal.accountId;
  const direct = foreign ? [] : resource.grants;
  const given = (...namings: readonly Grant["naming"][]): boolean =>
    direct.some(({ naming }) => namings.includes(naming));
  const missing: PolicySource[] = [];
  const byIdentity = principal.kind === "root" || identity.grants.length > 0;
  if (!byIdentity && !given("everyone", "role", "itself")) missing.push("identity");
  if (foreign && resource.grants.length === 0) missing.push("resource");
  const toItself = given("itself");
  if (boundary !== undefined && boundary.grants.length === 0 && !toItself) missing.push("boundary");
  if (session !== undefined && session.grants.length === 0 && !toItself) missing.push("session");
  return missing;
}

function describe(statements: readonly DecidingStatement[]): string {
  return statements
    .map(({ source, policyId, sid, index }) =>
      `statement ${sid ?? index} of the ${source} policy ${policyId}`.trimEnd(),
    )
    .join(" and ");
}

function allowedReason(statements: readonly DecidingStatement[], isRoot: boolean): string {
  return statements.length === 0 && isRoot
    ? "the account's root user may do everything"
    : `allowed by ${describe(statements)}`;
}
