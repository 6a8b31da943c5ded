/** Bounds of the command line: what it waits for, reads and shows at most. */

/** AWS: a zip sent inline is at most 50 MB. */
export const ZIP_BYTES_MAX: number = 50 * 1024 * 1024;
/** AWS: a function with its layers is at most 250 MB unpacked. */
export const UNPACKED_BYTES_MAX: number = 250 * 1024 * 1024;
/** Files and folders of a live folder that are looked at before it is deployed; a wait that nobody notices. */
export const LIVE_ENTRIES_CHECKED_MAX = 5_000;
/** Files of one deployment folder; more is a wrong folder (a home folder, say). */
export const FILES_MAX = 50_000;
/** How long a created or updated function may take to become ready. */
export const READY_WAIT_MS = 300_000;
export const READY_POLL_MS = 25;
/** Between two looks at what the server fetches while a function becomes ready. */
export const ACTIVITY_POLL_MS = 300;
/** The server's clean end: environments shut down, the store closes. */
export const SHUTDOWN_WAIT_MS = 10_000;
/** Between two looks at a log that is followed. */
export const FOLLOW_POLL_MS = 400;
/** Events of several environments do not arrive in order of time: one this much older than the newest is still shown. */
export const FOLLOW_LATE_MS = 5_000;
/** Events remembered while following, so that none is shown twice. */
export const FOLLOW_SEEN_MAX = 20_000;
/** Pages read for `logs` without --follow. */
export const LOG_PAGES_MAX = 1_000;
/** AWS: 6 MB request payload; a little room, so that the server and not this program says so. */
export const PAYLOAD_BYTES_MAX: number = 8 * 1024 * 1024;
/** How long `doctor` waits for one program. */
export const PROBE_WAIT_MS = 5_000;
/** How long a server that runs as a child may take until it listens. */
export const SERVER_START_MS = 30_000;
