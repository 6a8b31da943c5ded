/**
 * CloudWatch Logs: groups, streams, events, filter patterns and live tail, enough for every client that writes, reads or
 * follows logs. Durable state is records and one journal per stream, nothing else.
 */
import type { Service } from "../../wire/index.ts";
import { LOGS_LIMITS, type LogsLimits } from "./limits.ts";
import type { LogsClient, LogsPorts } from "./state.ts";

export type { LogsLimits } from "./limits.ts";
export type { LogsClient } from "./state.ts";

export interface LogsOptions extends LogsPorts {
  /** Replaces some of the bounds; for tests. */
  readonly limits?: Partial<LogsLimits>;
}

/** The service, ready for the wire. Its client package and handlers are loaded by the first request. */
export function logsService(options: LogsOptions): Service<LogsClient> {
  return {
    name: "logs",
    targets: ["Logs_20140328"],
    async load() {
      const [client, { logsHandlers }, { logsAuthorization }] = await Promise.all([
        import("@aws-sdk/client-cloudwatch-logs"),
        import("./handlers.ts"),
        import("./authorization.ts"),
      ]);
      const handlers = logsHandlers(options, { ...LOGS_LIMITS, ...options.limits });
      return { client, handlers, authorization: logsAuthorization() };
    },
  };
}
