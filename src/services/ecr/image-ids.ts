/** Images as requests name them: by digest, by tag, or by both, which must mean the same. */
import type { ImageFailure, ImageIdentifier } from "@aws-sdk/client-ecr";
import type { ImageRecord, Registry, RepositoryName } from "../../registry/index.ts";

export interface FoundImage {
  readonly image: ImageRecord;
  readonly imageId: ImageIdentifier;
}

/** The image, or how ECR says in a batch that there is none. */
export async function findImage(
  registry: Registry,
  name: RepositoryName,
  imageId: ImageIdentifier,
): Promise<FoundImage | ImageFailure> {
  const { imageDigest, imageTag } = imageId;
  if (imageDigest === undefined && imageTag === undefined) {
    const failureReason = "Invalid request parameters: both tag and digest cannot be null";
    return { imageId, failureCode: "MissingDigestAndTag", failureReason };
  }
  if (imageDigest !== undefined && !/^[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+$/.test(imageDigest)) {
    const failureReason =
      "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'";
    return { imageId, failureCode: "InvalidImageDigest", failureReason };
  }
  const meant = imageTag === undefined ? imageDigest : await registry.digestOf(name, imageTag);
  if (imageDigest !== undefined && meant !== undefined && meant !== imageDigest) {
    return { imageId, failureCode: "ImageTagDoesNotMatchDigest", failureReason: "Tag does not match digest" };
  }
  const image = meant === undefined ? undefined : await registry.image(name, meant);
  if (image === undefined) {
    return { imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" };
  }
  return { image, imageId: { imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) } };
}

export function isFound(found: FoundImage | ImageFailure): found is FoundImage {
  return "image" in found;
}
