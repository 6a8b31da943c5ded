/**
 * Container images of functions: what a reference names, where its bytes come from, and its layers unpacked on this machine, once.
 * Knows neither functions nor sandboxes, and speaks to nobody that the operator did not name. See open-images.ts and images.ts.
 */
export type { ResolvedImage, WantedImage } from "./images.ts";
export type { LayerMarks } from "./layer-unpacker.ts";
export type { ImageArchitecture } from "./manifest.ts";
export { type Images, type OpenImagesOptions, openImages } from "./open-images.ts";
export { ImageProblem, type ImageProblemKind } from "./problems.ts";
export type { ImageBytes, ManifestBytes } from "./source.ts";
export type { ImagePlace, Repositories } from "./sources.ts";
