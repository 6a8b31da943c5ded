/** What the REPORT of every invocation adds to a function's metrics: Invocations, Errors and Duration. */
import type { Metric, MetricSink } from "../base/index.ts";
import type { FunctionVersion, ReportedInvocation } from "../environments/index.ts";

const INVOCATIONS: Metric = { namespace: "AWS/Lambda", name: "Invocations", unit: "Count" };
const ERRORS: Metric = { namespace: "AWS/Lambda", name: "Errors", unit: "Count" };
const DURATION: Metric = { namespace: "AWS/Lambda", name: "Duration", unit: "Milliseconds" };

/** For the `onReport` of environments. Errors has a sample for every invocation, 0 for one that went well, as on AWS. */
export function invocationMetrics(
  metrics: MetricSink,
): (version: FunctionVersion, invocation: Pick<ReportedInvocation, "report" | "errorType">) => void {
  return ({ accountId, region, functionName }, { report, errorType }) => {
    const subject = { accountId, region, dimensions: { FunctionName: functionName } };
    metrics.record(INVOCATIONS, subject);
    metrics.record(ERRORS, subject, errorType === undefined ? 0 : 1);
    metrics.record(DURATION, subject, report.durationMs);
  };
}
