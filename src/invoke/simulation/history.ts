/** From a seed or a plan to what came of it, and from a plan that fails to a short one that fails the same way. */
import { generatePlan } from "./generate.ts";
import type { Violation } from "./ledger.ts";
import type { Plan, Step } from "./plan.ts";
import { World } from "./world.ts";

export interface Outcome {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  /** One line per event, with its simulated time. */
  readonly trace: readonly string[];
  readonly fingerprint: string;
  /** Kinds of things that came to pass. */
  readonly reached: ReadonlySet<string>;
}

export async function runSeed(seed: number): Promise<Outcome> {
  return await runPlan(generatePlan(seed));
}

export async function runPlan(plan: Plan): Promise<Outcome> {
  const world = new World(plan);
  await world.run();
  const { violations, lines, reached } = world.ledger;
  return { plan, violations, trace: lines, fingerprint: world.ledger.fingerprint(), reached };
}

/** The shortest plan found that breaks the same rule: steps are left out, in halves, quarters, and one by one. */
export async function shrink(failing: Outcome): Promise<Outcome> {
  const rule = failing.violations[0]?.rule;
  let best = failing;
  for (let size = Math.ceil(best.plan.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.plan.steps.length; ) {
      const steps: Step[] = best.plan.steps.filter((_, index) => index < from || index >= from + size);
      const shorter = await runPlan({ ...best.plan, steps });
      if (shorter.violations.some((violation) => violation.rule === rule)) best = shorter;
      else from += size;
    }
  }
  return best;
}

/** What a person needs to understand and repeat a failure. */
export function report(original: Outcome, shortest: Outcome): string {
  const { seed } = original.plan;
  const [first] = original.violations;
  return [
    `history ${seed} breaks "${first?.rule}": ${first?.text}`,
    `replay: LAMBENT_SIMULATION_SEED=${seed} npm test -- src/invoke/simulation/simulation.test.ts`,
    `the same in ${shortest.plan.steps.length} of ${original.plan.steps.length} steps:`,
    ...shortest.trace,
    "as a plan, which stays the same when the generator changes (put it into a file and name it in LAMBENT_SIMULATION_PLAN):",
    JSON.stringify(shortest.plan),
  ].join("\n");
}
