/** DescribeImages and ListImages. */
import type { ImageDetail, TagStatus } from "@aws-sdk/client-ecr";
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import type { ImageRecord, RepositoryRecord } from "../../registry/index.ts";
import type { Handlers } from "../../wire/index.ts";
import { imageNotFound, invalidParameter } from "./errors.ts";
import { findImage, isFound } from "./image-ids.ts";
import { PAGE_ITEMS } from "./limits.ts";
import { type EcrClient, type EcrPorts, getRepository } from "./state.ts";

export function imageListHandlers(ports: EcrPorts): Pick<Handlers<EcrClient>, "DescribeImages" | "ListImages"> {
  const { registry } = ports;
  return {
    async DescribeImages(input, call) {
      const repository = await getRepository(ports, input, call);
      if (input.imageIds !== undefined && input.imageIds.length > 0) {
        const found = await Promise.all(
          input.imageIds.map(async (imageId) => {
            const image = await findImage(registry, repository, imageId);
            if (!isFound(image)) throw imageNotFound(repository, imageId);
            return { image: image.image, tags: await registry.tagsOf(repository, image.image.digest) };
          }),
        );
        return { imageDetails: found.map(({ image, tags }) => detail(repository, image, tags)) };
      }
      const images = (await registry.images(repository)).filter(({ tags }) => hasStatus(tags, input.filter?.tagStatus));
      const { items, next } = page(images, input, ({ image }) => image.digest);
      return { imageDetails: items.map(({ image, tags }) => detail(repository, image, tags)), ...next };
    },

    async ListImages(input, call) {
      const repository = await getRepository(ports, input, call);
      const images = (await registry.images(repository)).filter(({ tags }) => hasStatus(tags, input.filter?.tagStatus));
      const ids = images.flatMap(({ image: { digest: imageDigest }, tags }) =>
        tags.length === 0 ? [{ imageDigest }] : tags.map((imageTag) => ({ imageDigest, imageTag })),
      );
      const keyOf = (id: { readonly imageDigest: string; readonly imageTag?: string }): string =>
        `${id.imageDigest} ${id.imageTag ?? ""}`;
      const { items, next } = page(ids, input, keyOf);
      return { imageIds: items, ...next };
    },
  };
}

function detail(repository: RepositoryRecord, image: ImageRecord, tags: readonly string[]): ImageDetail {
  return {
    registryId: repository.accountId,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(tags.length > 0 && { imageTags: [...tags] }),
    imageSizeInBytes: image.contentBytes,
    imagePushedAt: new Date(image.pushedMs),
    imageManifestMediaType: image.mediaType,
    ...(image.artifactType !== undefined && { artifactMediaType: image.artifactType }),
    ...(image.subject !== undefined && { subjectManifestDigest: image.subject }),
    imageStatus: "ACTIVE",
  };
}

function hasStatus(tags: readonly string[], status: TagStatus | undefined): boolean {
  if (status === "TAGGED") return tags.length > 0;
  return status === "UNTAGGED" ? tags.length === 0 : true;
}

function page<T>(
  all: readonly T[],
  { nextToken, maxResults }: { readonly nextToken?: string | undefined; readonly maxResults?: number | undefined },
  keyOf: (item: T) => string,
): { readonly items: T[]; readonly next: { readonly nextToken?: string } } {
  const after = nextToken === undefined ? "" : decodePageToken("ecr/images", nextToken);
  if (after === undefined) throw invalidParameter("Invalid parameter at 'nextToken'");
  const sorted = all.filter((item) => keyOf(item) > after).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const items = sorted.slice(0, maxResults ?? PAGE_ITEMS);
  const last = sorted.length > items.length ? items.at(-1) : undefined;
  return { items, next: last === undefined ? {} : { nextToken: encodePageToken("ecr/images", keyOf(last)) } };
}
