/** Bounds of what is read out of a zip that somebody sends. */

/** AWS's signatures are some 8 KB. */
export const SIGNATURE_BYTES_MAX = 1024 * 1024;
export const SIGNED_ENTRIES_MAX = 100_000;
/** AWS Signer, quota "Maximum size of a Lambda zip file", unpacked. */
export const SIGNED_BYTES_MAX = 262_144_000;
