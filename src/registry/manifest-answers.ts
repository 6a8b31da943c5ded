/** Manifests of a repository over the distribution protocol, by tag and digest, and what is about another one. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { CollectedBytes } from "../base/index.ts";
import { sendBytes, sendEmpty } from "./http-answers.ts";
import { bodyOf, readReference, requireDigest } from "./http-request.ts";
import { MANIFEST_BYTES_MAX } from "./limits.ts";
import { RegistryProblem } from "./problems.ts";
import type { RepositoryName, RepositoryRecord } from "./records.ts";
import type { Registry } from "./registry.ts";
import { requireMovable } from "./tag-mutability.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";

export class ManifestAnswers {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    repository: RepositoryRecord,
    reference: string,
  ): Promise<void> {
    const named = readReference(reference);
    switch (request.method) {
      case "HEAD":
      case "GET":
        return this.#read(response, repository, reference, named);
      case "PUT":
        return this.#push(request, response, repository, named);
      case "DELETE":
        return this.#remove(response, repository, reference, named);
      default:
        throw new RegistryProblem("UNSUPPORTED", 405, `${request.method} is not supported here`);
    }
  }

  /** An index of the manifests that are about `reference`; empty when there are none. */
  async referrers(response: ServerResponse, repository: RepositoryName, reference: string): Promise<void> {
    const subject = requireDigest(reference);
    const images = await this.#registry.images(repository);
    const manifests = images
      .filter(({ image }) => image.subject === subject)
      .map(({ image: { mediaType, digest, manifestBytes, artifactType } }) => ({
        mediaType,
        digest,
        size: manifestBytes,
        ...(artifactType !== undefined && { artifactType }),
      }));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    sendBytes(response, 200, bytes, { "content-type": INDEX });
  }

  async #read(
    response: ServerResponse,
    repository: RepositoryName,
    reference: string,
    { tag, digest }: ReturnType<typeof readReference>,
  ): Promise<void> {
    const meant = digest ?? (await this.#registry.digestOf(repository, tag ?? ""));
    const image = meant === undefined ? undefined : await this.#registry.image(repository, meant);
    const bytes = image && (await this.#registry.manifest(image.digest));
    if (image === undefined || bytes === undefined) throw manifestUnknown(repository, reference);
    sendBytes(response, 200, bytes, {
      "content-type": image.mediaType,
      "docker-content-digest": image.digest,
      etag: `"${image.digest}"`,
    });
  }

  async #push(
    request: IncomingMessage,
    response: ServerResponse,
    repository: RepositoryRecord,
    { tag, digest }: ReturnType<typeof readReference>,
  ): Promise<void> {
    const bytes = new CollectedBytes();
    for await (const chunk of bodyOf(request)) {
      bytes.push(chunk);
      if (bytes.length > MANIFEST_BYTES_MAX) throw new RegistryProblem("MANIFEST_INVALID", 413, "manifest too large");
    }
    const [mediaType = ""] = (request.headers["content-type"] ?? "").split(";");
    const pushed = { bytes: bytes.take(), mediaType: mediaType.trim(), tag, digest };
    const { image } = await this.#registry.pushManifest(repository, pushed, (moved) =>
      requireMovable(repository, moved),
    );
    sendEmpty(response, 201, {
      location: `/v2/${repository.name}/manifests/${image.digest}`,
      "docker-content-digest": image.digest,
      ...(image.subject !== undefined && { "oci-subject": image.subject }),
    });
  }

  async #remove(
    response: ServerResponse,
    repository: RepositoryName,
    reference: string,
    { tag, digest }: ReturnType<typeof readReference>,
  ): Promise<void> {
    const removed =
      tag === undefined
        ? await this.#registry.removeImage(repository, digest ?? "")
        : await this.#registry.removeTag(repository, tag);
    if (removed === undefined || removed === false) throw manifestUnknown(repository, reference);
    sendEmpty(response, 202);
  }
}

/** ECR's words. */
function manifestUnknown({ name, accountId }: RepositoryName, reference: string): RegistryProblem {
  const digest = reference.includes(":") ? `'${reference}'` : "'null'";
  const tag = reference.includes(":") ? "'null'" : `'${reference}'`;
  const message = `The image with imageId {imageDigest:${digest}, imageTag:${tag}} does not exist within the repository with name '${name}' in the registry with id '${accountId}'`;
  return new RegistryProblem("MANIFEST_UNKNOWN", 404, message);
}
