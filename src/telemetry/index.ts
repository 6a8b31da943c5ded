/**
 * Telemetry: what leaves execution environments for the services that keep it, by bounded queues and batched writes, and
 * the role credentials that environments get. Reaches services only through their public API.
 */
import { type LogSinkOptions, ServiceLogSink } from "./log-sink.ts";

export { invocationMetrics } from "./invocation-metrics.ts";
export type { LogSinkOptions, ServiceLogSink } from "./log-sink.ts";
export { Metrics } from "./metrics.ts";
export { METRICS_CONTENT_TYPE, metricsPage } from "./metrics-page.ts";
export { roleCredentials } from "./role-credentials.ts";
export { rolePrincipal } from "./role-principal.ts";

export function createLogSink(options: LogSinkOptions): ServiceLogSink {
  return new ServiceLogSink(options);
}
