/** Blobs of a repository over the distribution protocol: read whole or in part, and removed. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { hexOf } from "./digest.ts";
import { sendEmpty, sendStream } from "./http-answers.ts";
import { byteRange, requireDigest } from "./http-request.ts";
import { RegistryProblem } from "./problems.ts";
import type { RepositoryName } from "./records.ts";
import type { Registry } from "./registry.ts";

export class BlobAnswers {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    repository: RepositoryName,
    reference: string,
  ): Promise<void> {
    const digest = requireDigest(reference);
    switch (request.method) {
      case "HEAD":
      case "GET":
        return this.#read(request, response, repository, digest);
      case "DELETE":
        if (!(await this.#registry.removeLayer(repository, digest))) throw blobUnknown();
        return sendEmpty(response, 202);
      default:
        throw new RegistryProblem("UNSUPPORTED", 405, `${request.method} is not supported here`);
    }
  }

  async #read(
    request: IncomingMessage,
    response: ServerResponse,
    repository: RepositoryName,
    digest: string,
  ): Promise<void> {
    const sizeBytes = await this.#registry.layerBytes(repository, digest);
    if (sizeBytes === undefined) throw blobUnknown();
    const facts = {
      "content-type": "application/octet-stream",
      "docker-content-digest": digest,
      "accept-ranges": "bytes",
      etag: `"${digest}"`,
    };
    if (request.method === "HEAD") return sendEmpty(response, 200, { ...facts, "content-length": String(sizeBytes) });
    const range = byteRange(request.headers.range, sizeBytes);
    if (range === "unsatisfiable") return sendEmpty(response, 416, { "content-range": `bytes */${sizeBytes}` });
    const content = await this.#registry.content.read(hexOf(digest), range);
    if (content === undefined) throw blobUnknown();
    if (range === undefined) {
      return sendStream(response, 200, content, { ...facts, "content-length": String(sizeBytes) });
    }
    const { start, end } = range;
    const part = { "content-length": String(end - start), "content-range": `bytes ${start}-${end - 1}/${sizeBytes}` };
    return sendStream(response, 206, content, { ...facts, ...part });
  }
}

function blobUnknown(): RegistryProblem {
  return new RegistryProblem("BLOB_UNKNOWN", 404, "blob unknown to registry");
}
