/**
 * The OCI distribution protocol at /v2/: what docker, skopeo and their kin pull from and push to. It reads requests and words
 * answers; repositories and content are registry.ts's and uploads.ts's. Bodies stream both ways.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../base/index.ts";
import type { RegistryAccess, RegistryCaller } from "./access.ts";
import { BlobAnswers } from "./blob-answers.ts";
import { sendEmpty, sendJson, sendProblem } from "./http-answers.ts";
import { bodyOf, type Route, requireDigest, routeOf } from "./http-request.ts";
import { LAYER_BYTES_MAX, TAGS_PAGE_MAX } from "./limits.ts";
import { ManifestAnswers } from "./manifest-answers.ts";
import { RegistryProblem } from "./problems.ts";
import { partOf, partPath, placePath, type RepositoryName } from "./records.ts";
import { type Registry, repositoryUnknown } from "./registry.ts";
import type { Uploads } from "./uploads.ts";

export interface DistributionOptions {
  readonly registry: Registry;
  readonly uploads: Uploads;
  readonly access: RegistryAccess;
  readonly log: Log;
}

export class Distribution {
  readonly #options: DistributionOptions;
  readonly #blobs: BlobAnswers;
  readonly #manifests: ManifestAnswers;

  constructor(options: DistributionOptions) {
    this.#options = options;
    this.#blobs = new BlobAnswers(options.registry);
    this.#manifests = new ManifestAnswers(options.registry);
  }

  /** Answers a request whose path is the protocol's. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    const [path = ""] = (request.url ?? "").split("?", 1);
    this.#answer(path, request, response).catch((error: unknown) => {
      if (error instanceof RegistryProblem) {
        // Whoever still sends need not: the answer is there.
        request.resume();
        sendProblem(response, error);
        return;
      }
      if (!request.destroyed && !response.destroyed) {
        this.#options.log.error("a request to the registry failed", { method: request.method, path, error });
      }
      response.destroy();
    });
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routeOf(path);
    const query = new URL(request.url ?? "/", "http://registry").searchParams;
    if (route?.kind === "link") return this.#linked(request, response, route.link);
    const client = await this.#options.access.identify(request);
    if (route === undefined) throw new RegistryProblem("UNSUPPORTED", 404, "the registry has no such path");
    if (route.kind === "version") return sendJson(response, 200, {});
    if (route.kind === "catalog") return this.#catalog(request, client, query, response);
    const repository: RepositoryName = { accountId: client.accountId, region: client.region, name: route.name };
    const record = await this.#options.registry.repository(repository);
    const action = actionOf(request.method ?? "", route);
    await this.#options.access.authorize(request, client, { action, repository, record });
    if (record === undefined) throw repositoryUnknown(repository);
    switch (route.kind) {
      case "blob":
        return this.#blobs.answer(request, response, repository, route.reference);
      case "manifest":
        return this.#manifests.answer(request, response, record, route.reference);
      case "referrers":
        return this.#manifests.referrers(response, repository, route.reference);
      case "tags":
        return this.#tags(repository, query, response);
      case "uploads":
        return this.#beginUpload(request, response, client, repository, query);
      case "upload":
        return this.#upload(request, response, repository, route.id, query);
    }
  }

  /** A blob by a link of GetDownloadUrlForLayer, which is permission enough. */
  async #linked(request: IncomingMessage, response: ServerResponse, link: string): Promise<void> {
    requireMethod(request, "GET", "HEAD");
    const layer = await this.#options.access.openLink(link);
    await this.#blobs.answer(request, response, layer, layer.digest);
  }

  async #beginUpload(
    request: IncomingMessage,
    response: ServerResponse,
    client: RegistryCaller,
    repository: RepositoryName,
    query: URLSearchParams,
  ): Promise<void> {
    requireMethod(request, "POST");
    const { registry, uploads } = this.#options;
    const [mount, from] = [query.get("mount"), query.get("from")];
    if (mount !== null && from !== null) {
      const digest = requireDigest(mount);
      const other = { ...repository, name: from };
      // Who may not read it there has to bring the blob, as where there is none.
      const mounted =
        (await this.#mayRead(request, client, other)) && (await registry.mountLayer(other, repository, digest));
      if (mounted) return created(response, repository, "blobs", digest);
    }
    const digest = query.get("digest");
    if (digest !== null) {
      await registry.addLayer(repository, requireDigest(digest), bodyOf(request), LAYER_BYTES_MAX);
      return created(response, repository, "blobs", digest);
    }
    const id = await uploads.begin(repository);
    sendEmpty(response, 202, uploadHeaders(repository, id, 0));
  }

  async #mayRead(request: IncomingMessage, client: RegistryCaller, repository: RepositoryName): Promise<boolean> {
    const record = await this.#options.registry.repository(repository);
    const action = "ecr:GetDownloadUrlForLayer";
    try {
      await this.#options.access.authorize(request, client, { action, repository, record });
      return true;
    } catch (error) {
      if (error instanceof RegistryProblem) return false;
      throw error;
    }
  }

  async #upload(
    request: IncomingMessage,
    response: ServerResponse,
    repository: RepositoryName,
    id: string,
    query: URLSearchParams,
  ): Promise<void> {
    const { registry, uploads } = this.#options;
    switch (request.method) {
      case "GET":
        return sendEmpty(response, 204, uploadHeaders(repository, id, await uploads.size(repository, id)));
      case "DELETE":
        await uploads.cancel(repository, id);
        return sendEmpty(response, 204);
      case "PATCH": {
        const size = await uploads.append(repository, id, bodyOf(request), rangeStart(request));
        return sendEmpty(response, 202, uploadHeaders(repository, id, size));
      }
      case "PUT": {
        const digest = requireDigest(query.get("digest"));
        await uploads.append(repository, id, bodyOf(request), rangeStart(request));
        await uploads.finish(repository, id, (content) =>
          registry.addLayer(repository, digest, content, LAYER_BYTES_MAX),
        );
        return created(response, repository, "blobs", digest);
      }
      default:
        return requireMethod(request, "PATCH");
    }
  }

  async #tags(repository: RepositoryName, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const limit = pageLimit(query);
    const last = query.get("last");
    const after = last === null ? undefined : partPath(repository, last);
    const { tags } = this.#options.registry.tables;
    const found = await tags.list(partPath(repository), { limit: limit + 1, ...(after !== undefined && { after }) });
    const names = found.slice(0, limit).map(({ path }) => partOf(path));
    const next = `/v2/${repository.name}/tags/list?n=${limit}&last=${encodeURIComponent(names.at(-1) ?? "")}`;
    const link = found.length > limit && names.length > 0 ? { link: `<${next}>; rel="next"` } : {};
    sendJson(response, 200, { name: repository.name, tags: names }, link);
  }

  async #catalog(
    request: IncomingMessage,
    client: RegistryCaller,
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<void> {
    const place = { accountId: client.accountId, region: client.region };
    const every = { action: "ecr:DescribeRepositories", repository: { ...place, name: "*" }, record: undefined };
    await this.#options.access.authorize(request, client, every);
    const limit = pageLimit(query);
    const last = query.get("last");
    const after = last === null ? undefined : placePath(place) + encodeURIComponent(last);
    const { repositories } = this.#options.registry.tables;
    const found = await repositories.list(placePath(place), {
      limit: limit + 1,
      ...(after !== undefined && { after }),
    });
    const names = found.slice(0, limit).map(({ value }) => value.name);
    const next = `/v2/_catalog?n=${limit}&last=${encodeURIComponent(names.at(-1) ?? "")}`;
    const link = found.length > limit && names.length > 0 ? { link: `<${next}>; rel="next"` } : {};
    sendJson(response, 200, { repositories: names }, link);
  }
}

/** What ECR asks for: a permission for each step of a pull and a push. */
function actionOf(method: string, { kind }: Route): string {
  const reads = method === "GET" || method === "HEAD";
  switch (kind) {
    case "blob":
      return reads ? "ecr:GetDownloadUrlForLayer" : "ecr:BatchDeleteImage";
    case "manifest":
      return reads ? "ecr:BatchGetImage" : method === "DELETE" ? "ecr:BatchDeleteImage" : "ecr:PutImage";
    case "uploads":
      return "ecr:InitiateLayerUpload";
    case "upload":
      return method === "PUT" ? "ecr:CompleteLayerUpload" : "ecr:UploadLayerPart";
    case "tags":
      return "ecr:ListImages";
    default:
      return "ecr:BatchGetImage";
  }
}

function created(response: ServerResponse, { name }: RepositoryName, kind: "blobs", digest: string): void {
  sendEmpty(response, 201, { location: `/v2/${name}/${kind}/${digest}`, "docker-content-digest": digest });
}

function uploadHeaders({ name }: RepositoryName, id: string, size: number): Record<string, string> {
  return {
    location: `/v2/${name}/blobs/uploads/${id}`,
    "docker-upload-uuid": id,
    range: `0-${Math.max(size - 1, 0)}`,
  };
}

function rangeStart(request: IncomingMessage): number | undefined {
  const header = request.headers["content-range"];
  if (header === undefined) return undefined;
  const start = /^(?:bytes )?(\d{1,15})-\d{1,15}(?:\/\S+)?$/.exec(header)?.[1];
  if (start === undefined) throw new RegistryProblem("BLOB_UPLOAD_INVALID", 416, "malformed Content-Range");
  return Number(start);
}

function pageLimit(query: URLSearchParams): number {
  const asked = Number(query.get("n") ?? TAGS_PAGE_MAX);
  if (!Number.isInteger(asked) || asked < 0) throw new RegistryProblem("UNSUPPORTED", 400, "n is no number of entries");
  return Math.min(asked, TAGS_PAGE_MAX);
}

export function requireMethod(request: IncomingMessage, ...methods: readonly string[]): void {
  if (methods.includes(request.method ?? "")) return;
  throw new RegistryProblem("UNSUPPORTED", 405, `${request.method} is not supported here`);
}
