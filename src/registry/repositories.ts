/** The registry's images as the images room reads them, for functions that are made of them. */
import type { ImageBytes, ManifestBytes, Repositories } from "../images/index.ts";
import { hexOf } from "./digest.ts";
import type { RepositoryName, RepositoryRecord } from "./records.ts";
import type { Registry } from "./registry.ts";

/** `isShared`: whether a repository's policy lets another account's functions have its images. */
export function repositoriesOf(
  registry: Registry,
  isShared: (repository: RepositoryRecord, accountId: string) => Promise<boolean>,
): Repositories {
  return {
    async open(caller, name, { tag, digest }) {
      const repository = await registry.repository(name);
      if (name.accountId !== caller.accountId) {
        // Of another account's nothing is learnt, not even whether it is there.
        if (repository === undefined || !(await isShared(repository, caller.accountId))) return "no-permission";
      }
      const first = digest ?? (repository && (await registry.digestOf(name, tag ?? "")));
      if (repository === undefined || first === undefined) return "does-not-exist";
      if ((await registry.image(name, first)) === undefined) return "does-not-exist";
      return imageBytes(registry, name, first);
    },
  };
}

function imageBytes(registry: Registry, name: RepositoryName, first: string): ImageBytes {
  const gone = async (digest: string): Promise<Error> => {
    const { ImageProblem } = await import("../images/index.ts");
    return new ImageProblem("does-not-exist", `${name.name} has no ${digest} any more`);
  };
  return {
    async manifest(digest = first): Promise<ManifestBytes> {
      const image = await registry.image(name, digest);
      const bytes = image && (await registry.manifest(digest));
      if (image === undefined || bytes === undefined) throw await gone(digest);
      return { bytes, mediaType: image.mediaType, digest };
    },
    async blob(digest) {
      const isThere = (await registry.layerBytes(name, digest)) !== undefined;
      const content = isThere ? await registry.content.read(hexOf(digest)) : undefined;
      if (content === undefined) throw await gone(digest);
      return content;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
