/** Every bound of the sandbox room, with the reason for its size. */

/** How often the `process` driver looks at the memory of its processes: a leak is caught in time, an idle server stays at 0 % CPU. */
export const MEMORY_WATCH_INTERVAL_MS = 1_000;
/** How long killed processes and their control group may take to vanish before the wait is given up (disk sleep). */
export const KILL_WAIT_MS = 5_000;
/** Pause between two looks at processes that were told to die. */
export const KILL_POLL_MS = 2;
/** What a helper program (`ip`, `nft`, an OCI runtime) may print before the rest is dropped. */
export const HELPER_OUTPUT_MAX_BYTES = 64 * 1024;
/** How long a helper program may run. */
export const HELPER_TIMEOUT_MS = 20_000;
/** Network namespaces kept ready: each costs the kernel some 100 KB. */
export const NETWORKS_AHEAD_MAX = 2;
/** When nobody took one for this long, none is kept. */
export const NETWORKS_IDLE_MS: number = 10 * 60_000;
/** Addresses for sandboxes with a way out: 169.254.128.1 to 169.254.255.254. */
export const EGRESS_ADDRESSES = 32_766;
/** How often the kernel is asked whether it killed something for memory, where groups are v1 (v2 kills the group itself). */
export const OOM_WATCH_INTERVAL_MS = 250;
/** User ids of sandboxes: a range of its own, far from those of people, services and subordinate ids. */
export const SANDBOX_UID_FIRST = 0x4000_0000;
export const SANDBOX_UID_COUNT = 2 ** 20;
/** AWS's default size of /tmp: disks of this size are made ready at start. */
export const DEFAULT_TMP_MB = 512;
/** How long the user-mode network of an ordinary user's server may take to start. */
export const GATEWAY_START_MS = 5_000;
/** User ids that an ordinary user's server needs for its sandboxes: one for each that lives at the same time. */
export const SANDBOX_IDS_MIN = 256;
/** How long the trial of a user namespace may take before the server is started in one. */
export const NAMESPACE_TRIAL_MS = 3_000;
/** How long the thread that makes an ordinary user's networks may take for one call, its own start included. */
export const NETWORK_CALL_MS = 10_000;
/** That thread handles a few numbers at a time. */
export const NETWORK_THREAD_HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 } as const;
/** How long `unshare` may take to make a pid namespace, and the pause between two looks whether it is there. */
export const UNSHARE_WAIT_MS = 2_000;
export const UNSHARE_POLL_MS = 0.25;
/** Files that the server may open where it can choose: some ten for each of its environments. */
export const SERVER_OPEN_FILES = 65_536;
/** With fewer than this, too few sandboxes run at once for it to go unsaid. */
export const SERVER_OPEN_FILES_FEW = 4_096;
/** The pause between two looks whether killed processes are gone. */
export const DYING_POLL_MS = 0.5;

/** Templates that processes are forked from: each is an interpreter of some 10 MB for one account. */
export const TEMPLATES_MAX = 16;

/** A template that nothing was forked from for this long, and of which nothing lives, ends. */
export const TEMPLATE_IDLE_MS: number = 10 * 60_000;

/** How long a template may take until it is ready; afterwards it is given up and sandboxes are made without it. */
export const TEMPLATE_START_MS = 10_000;

/** After a template failed, this long none is tried in its place. */
export const TEMPLATE_RETRY_MS = 60_000;

/** What is kept of a template's complaints, for the log. */
export const TEMPLATE_COMPLAINT_BYTES = 2_000;

/** How long a fork may take until it is isolated and waits: long, since what is made in its place takes a crowded machine longer still. */
export const FORK_WAIT_MS = 20_000;

/** How often a message with descriptors is tried while the receiver's socket is full, and the pause between. */
export const SEND_ATTEMPTS_MAX = 2_000;
export const SEND_POLL_MS = 1;

/** The threads that make disks and networks keep nothing. */
export const HOST_THREAD_HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 } as const;

/** Threads that make disks and networks while many are wanted at once, and how long they stay when none is. */
export const HOST_THREADS_MAX = 3;
/** Calls of one thread before there is another one: to start it takes the processor for as long as dozens of calls. */
export const HOST_THREAD_CALLS_MAX = 4;
export const HOST_THREAD_IDLE_MS = 30_000;
