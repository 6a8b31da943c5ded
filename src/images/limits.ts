/** Every bound of this room. Values with a source are AWS's; the rest bound what a hostile image could make grow without end. */

/** Lambda quota "Container image code package size": 10 GB, all layers unpacked. */
export const IMAGE_BYTES_MAX: number = 10 * 2 ** 30;
/** Entries of all layers together; the largest distributions have a few hundred thousand files. */
export const IMAGE_ENTRIES_MAX = 2_000_000;
/** Container engines stack no more (overlay's limit is 500; Docker's 127). */
export const IMAGE_LAYERS_MAX = 127;
/** A manifest, an index or an image's configuration; registries take 4 MiB. */
export const MANIFEST_BYTES_MAX: number = 4 * 2 ** 20;
/** Lambda quota: "image config (environment, command …)" 16 KB. */
export const CONFIG_BYTES_MAX: number = 16 * 2 ** 10;
/** Manifests in one index, and indexes in indexes. */
export const INDEX_MANIFESTS_MAX = 200;
export const INDEX_DEPTH_MAX = 3;
/** Bytes of a path inside a layer, of one of its names, and of a link's target (Linux: 4,096 and 255). */
export const PATH_BYTES_MAX = 4_095;
export const NAME_BYTES_MAX = 255;
/** External extensions that an image may bring. Lambda registers ten. */
export const IMAGE_EXTENSIONS_MAX = 1_000;
/** Symbolic links followed to find a folder. */
export const LINK_HOPS_MAX = 40;
/** Long names and attributes of one entry. */
export const TAR_META_BYTES_MAX: number = 2 ** 20;
/** Files up to this size are written beside one another, and how many. */
export const SMALL_FILE_BYTES: number = 256 * 2 ** 10;
export const FILE_WRITERS = 8;
/** Folders of a layer whose place is remembered. */
export const FOLDERS_REMEMBERED = 100_000;
/** Images are pulled at the same time; others wait. */
export const PULLS_MAX = 2;
/** An image that no function refers to stays this long: the longest invocation (15 min) may still run in it. */
export const IMAGE_GRACE_MS: number = 16 * 60_000;
/** How long the system may take to write an image to the disk. */
export const SYNC_TIMEOUT_MS: number = 10 * 60_000;
/** How long another registry may take to begin its answer, and to send the next piece of it. */
export const REMOTE_ANSWER_MS = 30_000;
/** What another registry says about a token. */
export const TOKEN_BYTES_MAX: number = 64 * 2 ** 10;
/** Images that were resolved and wait to be pulled, and how long what was opened of one is kept for that. */
export const OPENED_MAX = 4;
export const OPENED_MS = 60_000;
