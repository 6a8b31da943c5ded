/** What policies of one kind say about a request: who denies, who allows, and how the allowing ones name the principal. */
import type { Pattern } from "./pattern.ts";
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

export function judge(view: RequestView, source: PolicySource, policies: readonly Policy[]): Verdict {
  const denials: DecidingStatement[] = [];
  const grants: Grant[] = [];
  for (const policy of policies) {
    for (const statement of policy.statements) {
      const naming = namingIfApplies(view, statement);
      if (naming === "none") continue;
      const deciding = { source, policyId: policy.id, sid: statement.sid, index: statement.index };
      if (statement.effect === "Deny") denials.push(deciding);
      else grants.push({ statement: deciding, naming });
    }
  }
  return { denials, grants };
}

function namingIfApplies(view: RequestView, statement: Statement): Naming {
  const { action, resource, principal, effect, conditions } = statement;
  if (!covers(action, (pattern) => pattern.matches(view.request.action, view.resolve))) return "none";
  const naming = principal === undefined ? "itself" : namingOf(principal, effect, view.request.principal);
  if (naming === "none") return "none";
  if (resource !== undefined && !covers(resource, (pattern) => view.isResource(pattern))) return "none";
  // Every condition is looked at, so that all keys that are missing are known.
  const met = conditions.map((condition) => condition.holds(view.values(condition.key), view.resolve));
  return met.every(Boolean) ? naming : "none";
}

function covers({ not, patterns }: PatternTest, matches: (pattern: Pattern) => boolean): boolean {
  return patterns.some(matches) !== not;
}
