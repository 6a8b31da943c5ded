/** Every bound of this room. Values with a source are ECR's quotas; the rest bound what a client could make grow without end. */

/** ECR quota "Maximum layer size": 52,000 MiB. */
export const LAYER_BYTES_MAX: number = 52_000 * 2 ** 20;
/** Registries take manifests up to 4 MiB. */
export const MANIFEST_BYTES_MAX: number = 4 * 2 ** 20;
/** Blobs and manifests that one manifest may name. ECR: 4,200 layers at most. */
export const MANIFEST_PARTS_MAX = 4_200;
/** Uploads of blobs that have begun and not ended, of all repositories. */
export const UPLOADS_MAX = 1_000;
/** An upload that got nothing for this long is given up. ECR says 24 hours. */
export const UPLOAD_IDLE_MS: number = 24 * 60 * 60_000;
/** A blob that no manifest names stays this long, for the manifest that is on its way. */
export const UNNAMED_BLOB_MS: number = 24 * 60 * 60_000;
/** How often what has grown old is looked for, while there is something. */
export const SWEEP_INTERVAL_MS: number = 60 * 60_000;
/** Tags in one page of a list. ECR: 1,000. */
export const TAGS_PAGE_MAX = 1_000;
/** A client that sends nothing for this long in the middle of a body is cut off. */
export const BODY_IDLE_MS = 60_000;
/** A token of GetAuthorizationToken is good for 12 hours, as ECR's. */
export const TOKEN_MS: number = 12 * 60 * 60_000;
