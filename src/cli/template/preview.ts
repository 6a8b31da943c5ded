/** A plan for people: one line per resource, one per property that changes. Pure; secrets are never shown. */
import type { JsonValue } from "../../base/index.ts";
import { idOf } from "./apply.ts";
import { waitsFor } from "./intrinsics.ts";
import type { Step } from "./plan.ts";

const SIGNS: Readonly<Record<Step["action"], string>> = {
  add: "+",
  change: "~",
  replace: "±",
  remove: "-",
  forget: "×",
  keep: "=",
};
const LONGEST = 60;
const DIGEST_SHOWN = 8;
const HIDDEN = "****";

/** Rows of sign, logical id, type and what happens; without resources that stay as they are. */
export function previewRows(steps: readonly Step[], secrets: readonly string[]): readonly (readonly string[])[] {
  return steps.flatMap((step) => {
    if (step.action === "keep") return [];
    const type = "resource" in step ? step.resource.type : step.entry.type;
    const what = whatOf(step, secrets);
    const [first = "", ...rest] = what;
    return [[SIGNS[step.action], idOf(step), type, first], ...rest.map((line) => ["", "", "", line])];
  });
}

/** `2 to add, 1 to change`, or `2 added, 1 changed`. */
export function summaryOf(steps: readonly Step[], when: "planned" | "done" = "planned"): string {
  const parts = WORDS.flatMap(({ action, planned, done }) => {
    const count = steps.filter((step) => step.action === action).length;
    return count === 0 ? [] : [`${count} ${when === "planned" ? planned : done}`];
  });
  return parts.length === 0 ? "no changes" : parts.join(", ");
}

const WORDS = [
  { action: "add", planned: "to add", done: "added" },
  { action: "change", planned: "to change", done: "changed" },
  { action: "replace", planned: "to replace", done: "replaced" },
  { action: "remove", planned: "to remove", done: "removed" },
  { action: "forget", planned: "to leave", done: "left" },
] as const;

/** For scripts. */
export function previewData(steps: readonly Step[], secrets: readonly string[]) {
  return steps.map((step) => ({
    action: step.action,
    logicalId: idOf(step),
    type: "resource" in step ? step.resource.type : step.entry.type,
    ...("differences" in step
      ? {
          changes: step.differences.map(({ path, from, to }) => ({
            property: path,
            from: shown(from, secrets, to),
            to: shown(to, secrets),
          })),
        }
      : {}),
  }));
}

function whatOf(step: Step, secrets: readonly string[]): readonly string[] {
  if (step.action === "remove") return [step.entry.physicalId];
  if (step.action === "forget") return [`stays as ${step.entry.physicalId}`];
  if (!("differences" in step)) return [];
  const lines = step.differences.map(
    ({ path, from, to }) => `${path} ${shown(from, secrets, to)} → ${shown(to, secrets)}`,
  );
  return lines.length === 0 ? ["is made anew"] : lines;
}

/** What stood where a secret will stand was one as well. */
function shown(value: JsonValue | undefined, secrets: readonly string[], next?: JsonValue): string {
  const holdsSecret = secrets.some((secret) =>
    JSON.stringify(next ?? null).includes(JSON.stringify(secret).slice(1, -1)),
  );
  if (holdsSecret && value !== undefined) return HIDDEN;
  if (value === undefined || value === null) return "(none)";
  if (waitsFor(value).length > 0) return "(known after apply)";
  if (typeof value === "string" && value.startsWith("sha256:")) return value.slice(0, "sha256:".length + DIGEST_SHOWN);
  let text = typeof value === "string" ? value : JSON.stringify(value);
  for (const secret of secrets) text = text.replaceAll(secret, HIDDEN);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
