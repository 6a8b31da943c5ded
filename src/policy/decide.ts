/**
 * The decision: an explicit denial anywhere, then what is allowed, within every limit. Source: IAM User Guide, "Policy
 * evaluation logic": within one account identity and resource policies are united, across accounts both must allow;
 * boundaries and session policies limit, but for what a resource policy gives to the very user or session.
 */
import { type Grant, judge, type Verdict } from "./judge.ts";
import type { Policy } from "./policy.ts";
import { RequestView } from "./request-view.ts";
import type { ApplicablePolicies, DecidingStatement, Decision, PolicyRequest, PolicySource } from "./types.ts";

export function decide(request: PolicyRequest, policies: ApplicablePolicies): Decision {
  const view = new RequestView(request);
  const isRoot = request.principal.kind === "root";
  const boundary = isRoot ? undefined : policies.boundary;
  const bounded = boundary !== undefined;
  const limit = (source: PolicySource, limiting: readonly Policy[] | undefined): Verdict | undefined =>
    limiting && judge(view, source, limiting);
  const verdicts: Verdicts = {
    identity: judge(view, "identity", isRoot ? [] : (policies.identity ?? [])),
    resource: judge(view, "resource", policies.resource?.policy ? [policies.resource.policy] : [], { bounded }),
    boundary: limit("boundary", boundary && [boundary]),
    session: limit("session", policies.session),
  };
  const { identity, resource, boundary: bound, session } = verdicts;
  const all = [identity, resource, bound, session].filter((verdict) => verdict !== undefined);
  const missingContextKeys = view.missingKeys();

  const denials = all.flatMap((verdict) => verdict.denials);
  if (denials.length > 0) {
    const reason = `explicitly denied by ${described(denials)}`;
    return { allowed: false, outcome: "explicitDeny", reason, statements: denials, missing: [], missingContextKeys };
  }
  const statements = all.flatMap(({ grants }) => grants.map(({ statement }) => statement));
  const missing = missingFrom(verdicts, request, policies);
  if (missing.length > 0) {
    const reason = `no ${missing.join(" policy and no ")} policy allows it`;
    return { allowed: false, outcome: "implicitDeny", reason, statements, missing, missingContextKeys };
  }
  const reason = statements.length > 0 ? `allowed by ${described(statements)}` : "the root user may use its account";
  return { allowed: true, outcome: "allowed", reason, statements, missing, missingContextKeys };
}

interface Verdicts {
  readonly identity: Verdict;
  readonly resource: Verdict;
  readonly boundary: Verdict | undefined;
  readonly session: Verdict | undefined;
}

/** Every kind of policy that would still have to allow. */
function missingFrom(
  { identity, resource, boundary, session }: Verdicts,
  { principal }: PolicyRequest,
  policies: ApplicablePolicies,
): readonly PolicySource[] {
  if (principal.kind === "anonymous" || principal.kind === "service" || principal.kind === "federated") {
    return allows(resource) ? [] : ["resource"];
  }
  const foreign = policies.resource !== undefined && policies.resource.accountId !== principal.accountId;
  const isTrust = policies.resource?.policy?.kind === "trust";
  const given = (...namings: readonly Grant["naming"][]): boolean =>
    !foreign && resource.grants.some(({ naming }) => namings.includes(naming));
  const toItself = given("itself");
  const missing: PolicySource[] = [];
  if (principal.kind !== "root" && !allows(identity) && !given("itself", "origin")) missing.push("identity");
  // A role is assumed by nobody whom its trust policy does not name, whatever the identity may do.
  if ((foreign || isTrust) && !allows(resource)) missing.push("resource");
  if (boundary !== undefined && !allows(boundary) && !toItself) missing.push("boundary");
  if (session !== undefined && !allows(session) && !toItself) missing.push("session");
  return missing;
}

const allows = ({ grants }: Verdict): boolean => grants.length > 0;

function described(statements: readonly DecidingStatement[]): string {
  return statements
    .map(({ source, policyId, sid, index }) =>
      `statement ${sid || index} of the ${source} policy ${policyId}`.trimEnd(),
    )
    .join(" and ");
}
