/**
 * Every bound of the Lambda control plane in one place. Values with a source are AWS's quotas; the rest bound what AWS
 * leaves unsaid, so that no queue, cache, folder or wait of this room grows without end.
 */

/** Lambda quotas, "Function resources" and "Function configuration, deployment, and execution". */
export const LIMITS = {
  functionNameLength: 64,
  /** Zip uploaded in the request itself. */
  zippedBytes: 52_428_800,
  /** Zip and layers after unpacking. */
  unzippedBytes: 262_144_000,
  pageItems: 50,
} as const;

/** Bounds of Lambent's own making. */
export const BOUNDS = {
  /** Entries of one zip; 250 MB of the smallest real packages stay far below. */
  zipEntries: 200_000,
  /** Bytes of one path inside a zip, and of one of its segments (Linux: 4,096 and 255). */
  zipPathBytes: 1024,
  zipSegmentBytes: 255,
  /** Target text of a symbolic link in a zip, and links followed to find where one ends. */
  linkTargetBytes: 1024,
  linkHops: 40,
  /** Entries of a zip up to this size are decompressed in one piece, in well below a millisecond. */
  zipSmallEntryBytes: 64 * 1024,
  /** Entries of one zip that are written at the same time. */
  zipWriters: 8,
  /** How long CreateFunction and Update* wait for the function to settle before they answer with what is so far. */
  settleWaitMs: 1000,
  /** How long a write waits until this node's snapshot shows it. */
  snapshotWaitMs: 5000,
  /** Code that nothing refers to stays this long: the longest invocation (15 min) may still run on it. */
  codeGraceMs: 16 * 60_000,
  /** A version record that no function names so long after the start was left by a crash: no publish takes a minute. */
  orphanGraceMs: 60_000,
  /** Links to download code are good for this long, as AWS's are. */
  codeLinkMs: 10 * 60_000,
  /** Live folders watched at once, and files watched in each. */
  watchedFolders: 200,
  watchedFilesPerFolder: 20_000,
  /** Changes that come closer together than this are one change. */
  reloadSettleMs: 20,
  /** From one look at objects in S3 that are functions' code to the next; AWS does not say how often it looks. */
  sourceCheckMs: 60 * 60_000,
  /** Records read from the store at a time. */
  recordsPage: 200,
} as const;
