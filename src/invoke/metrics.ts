/** What the data plane measures, under the names that AWS publishes it by. */
import type { Metric, MetricSubject } from "../base/index.ts";
import type { Place } from "../wire/index.ts";

const count = (name: string): Metric => ({ namespace: "AWS/Lambda", name, unit: "Count" });
const level = (name: string): Metric => ({ ...count(name), level: true });

export const METRICS = {
  asyncEventsReceived: count("AsyncEventsReceived"),
  asyncEventsDropped: count("AsyncEventsDropped"),
  /** From acceptance to each try. */
  asyncEventAge: { namespace: "AWS/Lambda", name: "AsyncEventAge", unit: "Milliseconds" },
  deadLetterErrors: count("DeadLetterErrors"),
  destinationDeliveryFailures: count("DestinationDeliveryFailures"),
  throttles: count("Throttles"),
  recursiveInvocationsDropped: count("RecursiveInvocationsDropped"),
  concurrentExecutions: level("ConcurrentExecutions"),
  provisionedConcurrentExecutions: level("ProvisionedConcurrentExecutions"),
  provisionedConcurrencyInvocations: count("ProvisionedConcurrencyInvocations"),
  provisionedConcurrencySpilloverInvocations: count("ProvisionedConcurrencySpilloverInvocations"),
  /** In use, of what is provisioned: 0.7 is 70 %. */
  provisionedConcurrencyUtilization: {
    namespace: "AWS/Lambda",
    name: "ProvisionedConcurrencyUtilization",
    unit: "None",
    level: true,
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** A function's own figures. */
export function subjectOf({
  accountId,
  region,
  functionName,
}: Place & { readonly functionName: string }): MetricSubject {
  return { accountId, region, dimensions: { FunctionName: functionName } };
}
