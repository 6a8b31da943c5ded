/** Bounds of this room, each with its reason. Frame sizes stand in frames.ts. */

/** How long an interpreter may take to say its version before it counts as broken. */
export const PROBE_TIMEOUT_MS = 10_000;
/** How much an interpreter may say about itself. */
export const PROBE_OUTPUT_BYTES = 64 * 1024;
/** Remembered probes; more than any machine has interpreters. */
export const PROBES_MAX = 500;
/** How long a package manager may take; a slow line needs minutes for a hundred megabytes. */
export const INSTALL_TIMEOUT_MS = 15 * 60 * 1000;
/** What is kept of a package manager's complaints for an error message. */
export const INSTALL_OUTPUT_BYTES = 4096;
/** How long it may take to list the libraries of the shell that starts images. */
export const LDD_TIMEOUT_MS = 10_000;
