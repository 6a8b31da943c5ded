/**
 * Takes a plan's steps one after another. What was made is in the journal before the next step begins, so a failure in the middle says
 * what is there and what is not, and another run goes on from there.
 */
import { UserError } from "../../base/index.ts";
import { failureOf } from "../failure.ts";
import { differencesIn } from "./differences.ts";
import type { Live, Subject } from "./kinds/kind.ts";
import { desiredOf, kindOf, namesIn, type Planning, type Step } from "./plan.ts";
import { REAL } from "./references.ts";
import type { Resource } from "./resource.ts";

export interface Report {
  begun(step: Step): void;
  done(step: Step, tookMs: number): void;
}

/** Throws a UserError that counts what was done and names what was not. */
export async function apply(steps: readonly Step[], planning: Planning, report: Report): Promise<void> {
  const todo = steps.filter(({ action }) => action !== "keep");
  for (const [index, step] of todo.entries()) {
    planning.tools.signal.throwIfAborted();
    const startedAt = performance.now();
    report.begun(step);
    try {
      await take(step, planning);
    } catch (error) {
      throw brokenOff(todo, index, error);
    }
    report.done(step, performance.now() - startedAt);
  }
}

async function take(step: Step, planning: Planning): Promise<void> {
  if (step.action === "keep") return;
  if (step.action === "remove" || step.action === "forget") {
    if (step.action === "remove") await kindOf(step.entry.type).remove(planning.tools, step.entry.physicalId);
    await planning.journal.forget(step.entry.id);
    return;
  }
  const live = await makeOrChange(step, planning);
  planning.references.known.set(step.resource.id, { ...live.attributes, [REAL]: "" });
  await planning.journal.record(entryOf(step.resource, live.physicalId));
}

async function makeOrChange(
  step: Exclude<Step, { readonly action: "keep" | "remove" | "forget" }>,
  planning: Planning,
): Promise<Live> {
  const { tools, journal } = planning;
  const { resource } = step;
  const kind = kindOf(resource.type);
  const subject: Subject = { id: resource.id, place: planning.place };
  const desired = await desiredOf(resource, planning, () => undefined);
  if (step.action === "change") {
    const changed = namesIn(differencesIn(desired, step.live.properties, kind.exact));
    return changed.size === 0 ? step.live : kind.update(tools, step.live, desired, changed, subject);
  }
  const { physicalId } = kind.predict(desired, subject);
  const before = step.action === "replace" ? step.live.physicalId : undefined;
  if (before !== undefined && before === physicalId) await kind.remove(tools, before);
  if (physicalId !== undefined) await journal.record(entryOf(resource, physicalId));
  const made = await kind.create(tools, desired, subject);
  if (before !== undefined && before !== physicalId && !resource.retain) await kind.remove(tools, before);
  return made;
}

function entryOf({ id, type, retain }: Resource, physicalId: string) {
  return { id, type, physicalId, retain };
}

export function idOf(step: Step): string {
  return "resource" in step ? step.resource.id : step.entry.id;
}

function brokenOff(steps: readonly Step[], at: number, error: unknown): unknown {
  const failure = failureOf(error, "");
  const step = steps[at];
  if (failure.exitCode !== 1 || step === undefined) return error;
  const rest = steps.slice(at).map(idOf).join(", ");
  return new UserError(
    "stack-failed",
    `${idOf(step)}: ${failure.message} ${at} of ${steps.length} changes were made; not made: ${rest}.`,
    {
      nextStep: "mend what it names and deploy again: it goes on from there",
      cause: error,
    },
  );
}
