/** PutImage, BatchGetImage, BatchDeleteImage. */
import type { ImageFailure, ImageIdentifier } from "@aws-sdk/client-ecr";
import { requireMovable } from "../../registry/index.ts";
import type { Handlers } from "../../wire/index.ts";
import { imageAlreadyExists, inEcrsWords } from "./errors.ts";
import { findImage, isFound } from "./image-ids.ts";
import { type EcrClient, type EcrPorts, getRepository } from "./state.ts";

type Operations = "PutImage" | "BatchGetImage" | "BatchDeleteImage";

export function imageHandlers(ports: EcrPorts): Pick<Handlers<EcrClient>, Operations> {
  const { registry } = ports;
  return {
    async PutImage(input, call) {
      const repository = await getRepository(ports, input, call);
      const { imageManifest, imageManifestMediaType: mediaType = "", imageTag: tag, imageDigest: digest } = input;
      const bytes = Buffer.from(imageManifest);
      const { image, wasThere } = await inEcrsWords(repository, () =>
        registry.pushManifest(repository, { bytes, mediaType, tag, digest }, (moved) =>
          requireMovable(repository, moved),
        ),
      );
      if (wasThere) throw imageAlreadyExists(repository, image.digest, tag);
      return {
        image: {
          registryId: repository.accountId,
          repositoryName: repository.name,
          imageId: { imageDigest: image.digest, ...(tag !== undefined && { imageTag: tag }) },
          imageManifest,
          imageManifestMediaType: image.mediaType,
        },
      };
    },

    async BatchGetImage(input, call) {
      const repository = await getRepository(ports, input, call);
      const failures: ImageFailure[] = [];
      const images = [];
      for (const imageId of input.imageIds) {
        const found = await findImage(registry, repository, imageId);
        const manifest = isFound(found) ? await registry.manifest(found.image.digest) : undefined;
        if (!isFound(found) || manifest === undefined) {
          failures.push(
            isFound(found)
              ? { imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" }
              : found,
          );
          continue;
        }
        images.push({
          registryId: repository.accountId,
          repositoryName: repository.name,
          imageId: found.imageId,
          imageManifest: manifest.toString("utf8"),
          imageManifestMediaType: found.image.mediaType,
        });
      }
      return { images, failures };
    },

    async BatchDeleteImage(input, call) {
      const repository = await getRepository(ports, input, call);
      const failures: ImageFailure[] = [];
      const imageIds: ImageIdentifier[] = [];
      for (const imageId of input.imageIds) {
        const found = await findImage(registry, repository, imageId);
        if (!isFound(found)) {
          failures.push(found);
          continue;
        }
        const { digest: imageDigest } = found.image;
        const { imageTag } = imageId;
        const tags = await registry.tagsOf(repository, imageDigest);
        const isLast = imageTag === undefined || tags.length <= 1;
        if (isLast) await registry.removeImage(repository, imageDigest);
        else await registry.removeTag(repository, imageTag);
        const gone = isLast && imageTag === undefined ? tags : [imageTag];
        imageIds.push(
          ...(gone.length === 0
            ? [{ imageDigest }]
            : gone.map((tag) => ({ imageDigest, ...(tag !== undefined && { imageTag: tag }) }))),
        );
      }
      return { imageIds, failures };
    },
  };
}
