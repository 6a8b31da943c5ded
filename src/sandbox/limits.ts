/** Every bound of the sandbox room, with the reason for its size. */

/** How often the `process` driver looks at the memory of its processes: a leak is caught in time, an idle server stays at 0 % CPU. */
export const MEMORY_WATCH_INTERVAL_MS = 1_000;
/** How long processes may take to vanish after SIGKILL before destroy gives up waiting (uninterruptible disk sleep). */
export const KILL_WAIT_MS = 5_000;
/** Pause between two looks at processes that were told to die. */
export const KILL_POLL_MS = 2;
/** What a helper program (`ip`, `nft`, an OCI runtime) may print before the rest is dropped. */
export const HELPER_OUTPUT_MAX_BYTES = 64 * 1024;
/** How long a helper program may run. */
export const HELPER_TIMEOUT_MS = 20_000;
