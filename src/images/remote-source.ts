/**
 * An image in another registry, over the distribution protocol: HTTPS, anonymous bearer tokens where it wants them, redirections to
 * where it keeps its blobs. Only registries that the operator named are ever asked (sources.ts). Content is verified by its reader.
 */
import { createHash } from "node:crypto";
import { type Clock, isLoopback } from "../base/index.ts";
import { MANIFEST_BYTES_MAX, REMOTE_ANSWER_MS, TOKEN_BYTES_MAX } from "./limits.ts";
import { isDigest, MEDIA_TYPES } from "./manifest.ts";
import { ImageProblem } from "./problems.ts";
import type { ImageReference } from "./reference.ts";
import type { ImageBytes, ManifestBytes } from "./source.ts";
import { collected } from "./verified.ts";

type RemoteReference = Extract<ImageReference, { kind: "remote" }>;

const ACCEPT = Object.values(MEDIA_TYPES).join(", ");

/** Asks nothing yet. */
export async function openRemote(reference: RemoteReference, clock: Clock): Promise<ImageBytes> {
  const registry = new RemoteRegistry(reference, clock);
  const first = reference.digest ?? reference.tag ?? "latest";
  return {
    manifest: (digest) => registry.manifest(digest ?? first),
    blob: (digest) => registry.blob(digest),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

class RemoteRegistry {
  readonly #base: string;
  readonly #repository: string;
  readonly #name: string;
  readonly #clock: Clock;
  #token: string | undefined;

  constructor({ host, repository, name }: RemoteReference, clock: Clock) {
    this.#clock = clock;
    const isHere = isLoopback(new URL(`http://${host}`).hostname);
    const server = host === "docker.io" ? "registry-1.docker.io" : host;
    this.#base = `${isHere ? "http" : "https"}://${server}/v2/`;
    this.#repository = host === "docker.io" && !repository.includes("/") ? `library/${repository}` : repository;
    this.#name = name;
  }

  async manifest(reference: string): Promise<ManifestBytes> {
    const response = await this.#get(`manifests/${reference}`);
    const bytes = await collected(pieces(response, this.#clock), MANIFEST_BYTES_MAX);
    const digest = isDigest(reference) ? reference : `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const [mediaType] = (response.headers.get("content-type") ?? "").split(";");
    return { bytes, digest, mediaType: mediaType || undefined };
  }

  async blob(digest: string): Promise<AsyncIterable<Uint8Array>> {
    return pieces(await this.#get(`blobs/${digest}`), this.#clock);
  }

  async #get(path: string): Promise<Response> {
    const url = `${this.#base}${this.#repository}/${path}`;
    let response = await this.#ask(url);
    if (response.status === 401) {
      await response.body?.cancel();
      this.#token = await this.#newToken(response.headers.get("www-authenticate") ?? "");
      response = await this.#ask(url);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) throw new ImageProblem("does-not-exist", `${this.#name} has no ${path}`);
    if (response.status === 401 || response.status === 403) {
      throw new ImageProblem("no-permission", `${this.#name} may not be pulled by everybody`);
    }
    throw new ImageProblem("unreachable", `${this.#name} answered ${response.status}`);
  }

  async #ask(url: string): Promise<Response> {
    const headers = {
      accept: ACCEPT,
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
    };
    return asked(url, headers, { name: this.#name, clock: this.#clock });
  }

  /** As everybody: what a registry gives to whoever asks. */
  async #newToken(challenge: string): Promise<string> {
    const parts = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
    );
    const realm = parts.get("realm");
    if (!/^bearer /i.test(challenge) || realm === undefined || !URL.canParse(realm)) {
      throw new ImageProblem("no-permission", `${this.#name} may not be pulled by everybody`);
    }
    const url = new URL(realm);
    if (url.protocol !== "https:" && !isLoopback(url.hostname)) {
      throw new ImageProblem("no-permission", `${this.#name} asks for a token over an open connection`);
    }
    for (const part of ["service", "scope"]) if (parts.has(part)) url.searchParams.set(part, parts.get(part) ?? "");
    const response = await asked(url.href, {}, { name: this.#name, clock: this.#clock });
    const said = await collected(pieces(response, this.#clock), TOKEN_BYTES_MAX);
    const token = tokenOf(said);
    if (!response.ok || token === undefined) throw new ImageProblem("no-permission", `${this.#name} gives no token`);
    return token;
  }
}

/** Node follows the redirections, and takes the authorization off where they lead to another host. */
async function asked(
  url: string,
  headers: Readonly<Record<string, string>>,
  { name, clock }: { readonly name: string; readonly clock: Clock },
): Promise<Response> {
  const late = new AbortController();
  using _timer = clock.schedule(REMOTE_ANSWER_MS, () => late.abort(new Error("no answer came in time")));
  try {
    return await fetch(url, { headers, signal: late.signal });
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    throw new ImageProblem("unreachable", `${name} cannot be reached: ${String(reason)}`, { cause });
  }
}

async function* pieces(response: Response, clock: Clock): AsyncGenerator<Uint8Array, void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const late = Promise.withResolvers<never>();
      using _timer = clock.schedule(REMOTE_ANSWER_MS, () =>
        late.reject(new ImageProblem("unreachable", "the registry has stopped sending")),
      );
      const piece = await Promise.race([reader.read(), late.promise]);
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    // Whoever reads has heard of what went wrong.
    await reader.cancel().catch(() => undefined);
  }
}

function tokenOf(said: Uint8Array): string | undefined {
  try {
    const json = Object(JSON.parse(Buffer.from(said).toString("utf8")));
    const token: unknown = Reflect.get(json, "token") ?? Reflect.get(json, "access_token");
    return typeof token === "string" ? token : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
