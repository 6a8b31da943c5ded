/** Policy statements that would allow what was refused, ready to paste, and documents of them for each principal. */
import type { PolicySource } from "../policy/index.ts";
import type { Need, Principal } from "../wire/index.ts";

export interface PolicyStatement {
  readonly Effect: "Allow";
  /** In resource policies only. */
  readonly Principal?: { readonly AWS: string } | { readonly Service: string } | "*";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

/** Of the first kind of policy that is missing. */
export function statementFor(principal: Principal, need: Need, missing: readonly PolicySource[]): PolicyStatement {
  const { action, resource } = need;
  const isResource = missing[0] === "resource";
  return {
    Effect: "Allow",
    ...(isResource && { Principal: principalElement(principal) }),
    Action: action,
    Resource: resource,
  };
}

function principalElement({ kind, arn }: Principal): NonNullable<PolicyStatement["Principal"]> {
  if (kind === "anonymous") return "*";
  if (kind === "service") return { Service: arn };
  const role = /^(arn:[^:]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  return { AWS: role === null ? arn : `${role[1]}:iam::${role[2]}:role/${role[3]}` };
}

export interface NeededPolicy {
  readonly principal: string;
  /** Where it is missing: `identity`, `boundary`, `session`, or the `resource` that it is to be put on. */
  readonly kind: PolicySource;
  readonly document: PolicyDocument;
}

/** One document for each principal and kind of policy: actions on one resource together, resources of one set of actions together. */
export function policiesFor(
  findings: readonly {
    readonly principal: string;
    readonly missing: readonly PolicySource[];
    readonly statement: PolicyStatement | undefined;
  }[],
): readonly NeededPolicy[] {
  const wanted = findings.flatMap(({ principal, missing, statement }) =>
    statement === undefined ? [] : missing.map((kind) => ({ principal, kind, statement })),
  );
  const groups = Map.groupBy(wanted, ({ principal, kind }) => `${principal}\n${kind}`);
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const statements = merged(members.map(({ statement }) => statement));
    return [{ principal: first.principal, kind: first.kind, document: documentOf(statements) }];
  });
}

function documentOf(Statement: readonly PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement };
}

function merged(statements: readonly PolicyStatement[]): readonly PolicyStatement[] {
  const byResource = Map.groupBy(statements, ({ Principal, Resource }) => JSON.stringify([Principal, Resource]));
  const joined = [...byResource.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [{ ...first, Action: list(members.flatMap(({ Action }) => Action)) }];
  });
  const byActions = Map.groupBy(joined, ({ Principal, Action }) => JSON.stringify([Principal, Action]));
  return [...byActions.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [{ ...first, Resource: list(members.flatMap(({ Resource }) => Resource)) }];
  });
}

/** Each once and in order; one alone is no list. */
function list(values: readonly string[]): string | readonly string[] {
  const each = [...new Set(values)].sort();
  const [only] = each;
  return each.length === 1 && only !== undefined ? only : each;
}
