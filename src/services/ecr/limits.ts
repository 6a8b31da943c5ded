/** ECR's quotas and page sizes. */

/** Tags of one repository. */
export const TAGS_MAX = 50;
/** Items of a page when the request does not say, and at most (the model's). */
export const PAGE_ITEMS = 100;
/** Smallest part of a layer that clients are told to upload. */
export const PART_BYTES: number = 10 * 2 ** 20;
/** Links to download a layer are good for this long. */
export const LAYER_LINK_MS: number = 60 * 60_000;
