/**
 * Every bound of this room. AWS's own numbers carry their source: [AWS] is the public quota table, [RAPID] the runtime
 * interface of the emulator that AWS publishes.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest buffered response: 6 MiB and 100 bytes. [AWS] */
export const RESPONSE_BYTES_MAX: number = 6 * MIB + 100;
/** Largest streamed response. [AWS] */
export const STREAMED_RESPONSE_BYTES_MAX: number = 200 * MIB;
/** A content type longer than this is none: clients refuse headers that are too large. */
export const CONTENT_TYPE_LENGTH_MAX = 1024;
/** Time for init before it is tried again inside the first invocation. [AWS] */
export const INIT_TIMEOUT_MS = 10_000;
/** Most processes and threads, and open files, of one environment. [AWS] */
export const PIDS_MAX = 1024;
export const OPEN_FILES_MAX = 1024;

/** One log event: 1 MiB less the 26 bytes that CloudWatch Logs adds. [AWS] */
export const LOG_EVENT_BYTES_MAX: number = MIB - 26;
/** A write without a newline becomes an event at each of these, as AWS's pipe chunks do. */
export const LOG_CHUNK_BYTES: number = 64 * KIB;
/** LogType=Tail returns the end of the log. [AWS] */
export const LOG_TAIL_BYTES: number = 4 * KIB;
/** Output that one environment may write per window before its pipe waits for the next window. */
export const OUTPUT_BYTES_PER_WINDOW: number = 4 * MIB;
/** What one event counts for beside its bytes: splitting and storing it costs the server about as much as this many. */
export const OUTPUT_EVENT_COST_BYTES = 512;
export const OUTPUT_WINDOW_MS = 100;
/** Turns of the event loop that wait for output which a function wrote before its response. */
export const DRAIN_TURNS_MAX = 64;
/** Windows that it waits for when the function wrote too much for one. */
export const DRAIN_WINDOWS_MAX = 5;
/** After the end of a process, its pipes are read to their end for at most this long. */
export const OUTPUT_END_WAIT_MS = 250;
/** A log timestamp further than this from the server's clock is replaced by the server's. */
export const LOG_TIME_SKEW_MAX_MS = 300_000;

/** A channel that closed while its process lives: how long the exit may take before it is a kill. */
export const CHANNEL_CLOSE_GRACE_MS = 200;
/** Peak memory is measured at most this often per environment. */
export const USAGE_INTERVAL_MS = 1_000;

/** An environment that was idle for this long is frozen: longer than a caller that comes back at once takes. */
export const FREEZE_AFTER_MS = 10;
/** Environments that are frozen at once; each takes some 30 us. */
export const FREEZES_PER_TURN_MAX = 32;

/** An idle environment ends after this long. */
export const IDLE_MS = 10 * 60_000;
/** An environment that was busy all the time still ends after this long. */
export const ENVIRONMENT_AGE_MAX_MS = 4 * 60 * 60_000;
/** How long an invocation waits for an environment that has answered and is about to be free. */
export const SETTLE_WAIT_MS = 25;
/** Environments of one server. */
export const ENVIRONMENTS_MAX = 4_096;

/** Environments of one version that are provisioned at the same time; the others wait for these. */
export const PROVISION_AT_ONCE = 4;
/** A provisioned environment that ended is replaced after this long. */
export const REPLACE_DELAY_MS = 1_000;
/** Init of provisioned environments may take this long, or the function's time limit if that is longer. [AWS] */
export const PROVISIONED_INIT_TIMEOUT_MS = 130_000;

/** Starts at once, per core. */
export const STARTS_PER_CORE = 2;
/** What a start takes of a slot when its process is forked from one that is up. */
export const FORKED_START_WEIGHT = 0.2;

/** A start holds its slot for at most this long: one that still runs then waits for something else than the machine. */
export const START_SLOT_HELD_MS = 300;
/** Starts that wait for a slot. */
export const START_WAITERS_MAX = 4_096;

/** Waiting sandboxes per runtime and memory class. */
export const SPARES_PER_KEY_MAX = 4;
/** Waiting sandboxes of one server. */
export const SPARES_MAX = 16;
/** Of those that are forked, which take less than a MiB each: a burst from zero begins with them. */
export const FORKED_SPARES_MAX = 16;
/** They are made when nothing has started for this long. */
export const FORKED_SPARES_QUIET_MS = 300;
/** All environments of a function are busy for this long since one more was needed: then another is made ahead. */
export const WARM_AHEAD_QUIET_MS = 1_000;
/** Spares that are made at the same time: while one waits for the kernel, the other has the machine. */
export const SPARE_FILLS_MAX = 2;

/** Demand that is older than this asks for no second spare. */
export const SPARE_DEMAND_WINDOW_MS = 10_000;
/** A runtime that nobody used for this long has no spares. */
export const SPARE_IDLE_MS = 10 * 60_000;
/** A start that takes longer than this no longer keeps spares from being made. */
export const SPARE_REFILL_DELAY_MS = 200;
/** Limits of a sandbox before it is assigned: enough for any interpreter to come up. */
export const SPARE_MEMORY_MB = 512;
export const SPARE_TMP_MB = 512;

/** How long the kernel's figure of available memory is believed; starts in progress are counted beside it. */
export const AVAILABLE_MEMORY_FOR_MS = 20;

/** Memory that stays free for the machine, MiB. */
export const MEMORY_RESERVE_MB = 256;
/** Files that the server keeps to itself: for its own work, and for the starts that are in progress. */
export const OPEN_FILES_RESERVE = 192;
/** What a new environment is expected to need before it was measured, MiB; never more than its own limit. */
export const MEMORY_ESTIMATE_MB = 96;
/** Invocations that wait for memory, and how long each does. */
export const MEMORY_WAITERS_MAX = 1_000;
export const MEMORY_WAIT_MS = 10_000;

/** Runtime API: one environment's own server. Enough for a runtime that opens many; it has 1,024 files in all. */
export const RUNTIME_API_CONNECTIONS_MAX = 128;
export const RUNTIME_API_HEADER_BYTES_MAX: number = 64 * KIB;
export const RUNTIME_API_HEADERS_TIMEOUT_MS = 10_000;
export const RUNTIME_API_NEXT_WAITERS_MAX = 16;
/** Connections that one environment holds to Lambent's own API. */
export const ENDPOINT_CONNECTIONS_MAX = 256;
/** Connections that one environment holds to an exposed port of the host. */
export const EXPOSED_PORT_CONNECTIONS_MAX = 64;

/** Extensions of one environment. [AWS] */
export const EXTENSIONS_MAX = 10;
/** What a registration may say. */
export const EXTENSION_BODY_BYTES_MAX: number = 64 * KIB;
/** The end of an environment with external extensions, with internal ones, and the runtime's part of either. [AWS] */
export const SHUTDOWN_EXTERNAL_MS = 2_000;
export const SHUTDOWN_INTERNAL_MS = 500;
export const SHUTDOWN_RUNTIME_MS = 300;

/** How often an environment is asked which loopback ports refused a connection. */
export const REFUSED_PORTS_EVERY_MS = 100;

/** All environments end within this time when the server stops. */
export const SHUTDOWN_MS = 5_000;
