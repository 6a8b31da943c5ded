/** All handlers of CloudWatch Logs over one state. */
import type { Handlers } from "../../wire/index.ts";
import { filterLogEventsHandlers } from "./filter-log-events.ts";
import { getLogEventsHandlers } from "./get-log-events.ts";
import type { LogsLimits } from "./limits.ts";
import { liveTailHandlers } from "./live-tail.ts";
import { logGroupHandlers } from "./log-groups.ts";
import { logStreamHandlers } from "./log-streams.ts";
import { putLogEventsHandlers } from "./put-log-events.ts";
import { createLogsState, type LogsClient, type LogsPorts } from "./state.ts";

export function logsHandlers(ports: LogsPorts, limits: LogsLimits): Handlers<LogsClient> {
  const state = createLogsState(ports, limits);
  return {
    ...logGroupHandlers(state),
    ...logStreamHandlers(state),
    ...putLogEventsHandlers(state),
    ...getLogEventsHandlers(state),
    ...filterLogEventsHandlers(state),
    ...liveTailHandlers(state),
  };
}
