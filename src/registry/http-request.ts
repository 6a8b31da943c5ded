/** A request of the distribution protocol, read: which repository, which part of it, who asks. Pure but for its body. */
import type { IncomingMessage } from "node:http";
import { BODY_IDLE_MS } from "./limits.ts";
import { RegistryProblem } from "./problems.ts";
import type { RegistryPlace } from "./records.ts";

export type Route =
  | { readonly kind: "version" }
  | { readonly kind: "catalog" }
  | { readonly kind: "link"; readonly link: string }
  | { readonly kind: "blob" | "manifest" | "referrers"; readonly name: string; readonly reference: string }
  | { readonly kind: "uploads" | "tags"; readonly name: string }
  | { readonly kind: "upload"; readonly name: string; readonly id: string };

const NAME = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const PARTS: readonly [RegExp, (name: string, rest: string) => Route][] = [
  [/^(.+)\/blobs\/uploads\/?$/, (name) => ({ kind: "uploads", name })],
  [/^(.+)\/blobs\/uploads\/([^/]+)$/, (name, id) => ({ kind: "upload", name, id })],
  [/^(.+)\/blobs\/([^/]+)$/, (name, reference) => ({ kind: "blob", name, reference })],
  [/^(.+)\/manifests\/([^/]+)$/, (name, reference) => ({ kind: "manifest", name, reference })],
  [/^(.+)\/referrers\/([^/]+)$/, (name, reference) => ({ kind: "referrers", name, reference })],
  [/^(.+)\/tags\/list$/, (name) => ({ kind: "tags", name })],
];

/** Undefined for paths that are not the protocol's. Throws RegistryProblem for a name that no repository has. */
export function routeOf(path: string): Route | undefined {
  if (path === "/v2" || path === "/v2/") return { kind: "version" };
  if (!path.startsWith("/v2/")) return undefined;
  const rest = path.slice("/v2/".length);
  if (rest === "_catalog") return { kind: "catalog" };
  if (rest.startsWith("_layers/")) return { kind: "link", link: rest.slice("_layers/".length) };
  for (const [pattern, route] of PARTS) {
    const [, name, part = ""] = pattern.exec(rest) ?? [];
    if (name === undefined) continue;
    if (name.length > 256 || !NAME.test(name))
      throw new RegistryProblem("NAME_INVALID", 400, "invalid repository name");
    return route(name, part);
  }
  return undefined;
}

const ECR_HOST = /^(\d{12})\.dkr[.-]ecr\.([a-z0-9-]+)\./;

/** The account and region that a host name of ECR's form says. */
export function placeOfHost(host: string | undefined): RegistryPlace | undefined {
  const [, accountId, region] = ECR_HOST.exec(host ?? "") ?? [];
  return accountId === undefined || region === undefined ? undefined : { accountId, region };
}

/** User name and password of Basic authentication. */
export function basicCredentials(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic ([A-Za-z0-9+/=_-]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Digest, or undefined for a tag. Throws RegistryProblem for what is neither. */
export function readReference(reference: string): { readonly tag?: string; readonly digest?: string } {
  if (/^sha256:[0-9a-f]{64}$/.test(reference)) return { digest: reference };
  if (/^[\w][\w.-]{0,127}$/.test(reference)) return { tag: reference };
  if (reference.includes(":")) throw new RegistryProblem("DIGEST_INVALID", 400, "unsupported or malformed digest");
  throw new RegistryProblem("TAG_INVALID", 400, "malformed tag");
}

export function requireDigest(digest: string | null): string {
  if (digest !== null && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw new RegistryProblem("DIGEST_INVALID", 400, "unsupported or malformed digest");
}

/** The body piece by piece; who sends nothing for long is cut off. */
export async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  const { socket } = request;
  const cut = (): void => void request.destroy(new Error("the client has stopped sending"));
  socket.setTimeout(BODY_IDLE_MS, cut);
  try {
    for await (const chunk of request) yield chunk as Uint8Array;
  } finally {
    socket.off("timeout", cut);
    socket.setTimeout(0);
  }
}

/** `bytes=0-99` as a range with an open end; undefined for none, or one that cannot be had. */
export function byteRange(
  header: string | undefined,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | "unsatisfiable" | undefined {
  const [, from, to] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (from === undefined) return undefined;
  const start = Number(from);
  const end = to === undefined || to === "" ? sizeBytes : Math.min(Number(to) + 1, sizeBytes);
  return start >= sizeBytes || start >= end ? "unsatisfiable" : { start, end };
}
