/** What policies of one kind say about a request: who denies, who allows, and how the allowing ones name the principal. */
import { type Pattern, someMatch } from "./pattern.ts";
import type { PatternTest, Policy, Statement } from "./policy.ts";
import { type Naming, namingOf } from "./principal.ts";
import type { RequestView } from "./request-view.ts";
import type { DecidingStatement, PolicySource } from "./types.ts";

export interface Grant {
  readonly statement: DecidingStatement;
  readonly naming: Exclude<Naming, "none">;
}

export interface Verdict {
  readonly denials: readonly DecidingStatement[];
  readonly grants: readonly Grant[];
}

/** `bounded`: whether the principal has a permissions boundary. */
export function judge(
  view: RequestView,
  source: PolicySource,
  policies: readonly Policy[],
  { bounded = false }: { readonly bounded?: boolean } = {},
): Verdict {
  const denials: DecidingStatement[] = [];
  const grants: Grant[] = [];
  for (const policy of policies) {
    for (const statement of policy.statements) {
      const naming = namingIfApplies(view, statement, bounded);
      if (naming === "none") continue;
      const deciding = { source, policyId: policy.id, sid: statement.sid, index: statement.index };
      if (statement.effect === "Deny") denials.push(deciding);
      else grants.push({ statement: deciding, naming });
    }
  }
  return { denials, grants };
}

function namingIfApplies(view: RequestView, statement: Statement, bounded: boolean): Naming {
  const { action, resource, principal, conditions } = statement;
  const { request, resolve } = view;
  if (!covers(action, (pattern) => pattern.matches(view.action, resolve))) return "none";
  const naming = principal === undefined ? "itself" : namingOf(principal, request.principal, bounded);
  if (naming === "none") return "none";
  if (resource !== undefined && !covers(resource, (pattern) => pattern.matches(request.resource, resolve)))
    return "none";
  // Every condition is looked at, so that all keys that are missing are known.
  let met = true;
  for (const condition of conditions) {
    if (!condition.holds(view.values(condition.name, condition.key), resolve)) met = false;
  }
  return met ? naming : "none";
}

function covers({ not, patterns }: PatternTest, matches: (pattern: Pattern) => boolean | undefined): boolean {
  return someMatch(patterns, not, matches);
}
