/**
 * What every room may use: time, randomness, the operational log, metrics, the error family for people, bounded maps and lines whose lanes take turns, a check for codes of system errors, the count of open files, page tokens, and JSON's type.
 * Knows nothing of AWS, storage or sandboxes, and imports no room.
 */
export { backoff } from "./backoff.ts";
export { BoundedMap } from "./bounded-map.ts";
export { type Clock, pause, sleep, systemClock, type Timer } from "./clock.ts";
export { CollectedBytes } from "./collected-bytes.ts";
export { hasErrorCode } from "./error-code.ts";
export { collectGarbage } from "./garbage.ts";
export type { JsonValue } from "./json.ts";
export { type Log, type LogFields, type LogLevel, lineLog } from "./log.ts";
export { isLoopback } from "./loopback.ts";
export { type Metric, type MetricSink, type MetricSubject, noMetrics } from "./metrics.ts";
export { nodeHttp, nodeHttp2 } from "./node-http.ts";
export { openFilesLeft, openFilesMax } from "./open-files.ts";
export { decodePageToken, encodePageToken } from "./page-token.ts";
export { type Random, systemRandom } from "./random.ts";
export { threadEnvironment } from "./thread-environment.ts";
export { TurnQueue } from "./turn-queue.ts";
export { Turns } from "./turns.ts";
export { UserError } from "./user-error.ts";
