/**
 * Container images of functions: what a reference names, where its bytes come from, and its layers unpacked on this machine, once.
 * Knows neither functions nor sandboxes, and speaks to nobody that the operator did not name. See images.ts.
 */
export { Images, type ImagesOptions, type ResolvedImage, type WantedImage } from "./images.ts";
export type { LayerMarks } from "./layer-unpacker.ts";
export type { ImageArchitecture } from "./manifest.ts";
export { ImageProblem, type ImageProblemKind } from "./problems.ts";
export type { ImageBytes, ManifestBytes } from "./source.ts";
export { type ImagePlace, ImageSources, type ImageSourcesOptions, type Repositories } from "./sources.ts";
