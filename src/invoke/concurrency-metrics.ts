/** What one invocation adds to the metrics of concurrency, by what ran when it got its slot. */
import type { MetricSink } from "../base/index.ts";
import type { Resolved } from "../lambda/index.ts";
import type { Slot } from "./concurrency.ts";
import { METRICS, subjectOf } from "./metrics.ts";

export function recordConcurrency(
  metrics: MetricSink,
  { version, provisioned }: Pick<Resolved, "version" | "provisioned">,
  slot: Slot,
): void {
  const subject = subjectOf(version);
  metrics.record(METRICS.concurrentExecutions, subject, slot.running);
  if (provisioned === undefined) return;
  const Resource = `${version.functionName}:${provisioned.key}`;
  const resource = { ...subject, dimensions: { ...subject.dimensions, Resource } };
  const used = slot.provisioned !== undefined;
  const invocations = used
    ? METRICS.provisionedConcurrencyInvocations
    : METRICS.provisionedConcurrencySpilloverInvocations;
  metrics.record(invocations, subject);
  metrics.record(invocations, resource);
  if (!used) return;
  metrics.record(METRICS.provisionedConcurrentExecutions, resource, slot.runningProvisioned);
  metrics.record(
    METRICS.provisionedConcurrencyUtilization,
    resource,
    slot.runningProvisioned / Math.max(1, provisioned.requested),
  );
}
