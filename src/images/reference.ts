/**
 * What an ImageUri names: a repository of this server, a local layout or archive, or another registry. Pure text; whether it is
 * there and may be read is asked elsewhere.
 */
import { normalize } from "node:path";
import { isDigest } from "./manifest.ts";
import { ImageProblem } from "./problems.ts";

export type ImageReference =
  | {
      readonly kind: "repository";
      /** Undefined: the caller's own. */
      readonly accountId: string | undefined;
      readonly region: string | undefined;
      readonly repository: string;
      readonly tag: string | undefined;
      readonly digest: string | undefined;
      /** As it was written, without tag and digest. */
      readonly name: string;
    }
  | {
      readonly kind: "layout" | "archive";
      readonly path: string;
      readonly tag: string | undefined;
      readonly name: string;
      readonly digest: string | undefined;
    }
  | {
      readonly kind: "remote";
      readonly host: string;
      readonly repository: string;
      readonly tag: string | undefined;
      readonly digest: string | undefined;
      readonly name: string;
    };

const REPOSITORY = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const TAG = /^[\w][\w.-]{0,127}$/;
const ECR_HOST =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn|localhost(?:\.localstack\.cloud)?(?::\d+)?)$/;
const OWN_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

/** `ownHosts`: names and ports at which clients reach this server. Throws ImageProblem for what is no reference. */
export function parseReference(uri: string, ownHosts: readonly string[] = []): ImageReference {
  const local = /^(oci|docker-archive|oci-archive):(?=\/)/.exec(uri)?.[1];
  if (local !== undefined)
    return localReference(uri, local === "oci" ? "layout" : "archive", uri.slice(local.length + 1));
  if (uri.startsWith("/")) return localReference(uri, "archive", uri);
  const { name, tag, digest } = split(uri);
  const slash = name.indexOf("/");
  const host = name.slice(0, Math.max(slash, 0));
  const repository = name.slice(slash + 1);
  if (slash < 1 || repository.length > 255 || !REPOSITORY.test(repository)) throw notValid(uri);
  const [, accountId, region] = ECR_HOST.exec(host) ?? [];
  const isOwn = OWN_HOST.test(host) || ownHosts.includes(host);
  if (accountId !== undefined || isOwn) {
    // AWS takes no image without either.
    if (tag === undefined && digest === undefined) throw notValid(uri);
    return { kind: "repository", accountId, region, repository, tag, digest, name };
  }
  if (!/^[a-z0-9.-]+(?::\d+)?$/i.test(host) || !/[.:]/.test(host)) throw notValid(uri);
  return { kind: "remote", host, repository, tag: tag ?? (digest === undefined ? "latest" : undefined), digest, name };
}

function localReference(uri: string, kind: "layout" | "archive", rest: string): ImageReference {
  const { name, tag, digest } = split(rest);
  if (name.includes("\0")) throw notValid(uri);
  return { kind, path: normalize(name), tag, digest, name: uri.slice(0, uri.length - rest.length) + name };
}

/** Tag and digest come off the end; a colon before the last slash belongs to a host's port. */
function split(uri: string): {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
} {
  const at = uri.indexOf("@");
  const digest = at < 0 ? undefined : uri.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw notValid(uri);
  const rest = at < 0 ? uri : uri.slice(0, at);
  const colon = rest.lastIndexOf(":");
  if (colon < 0 || colon < rest.lastIndexOf("/")) return { name: rest, tag: undefined, digest };
  const tag = rest.slice(colon + 1);
  if (!TAG.test(tag)) throw notValid(uri);
  return { name: rest.slice(0, colon), tag, digest };
}

function notValid(uri: string): ImageProblem {
  return new ImageProblem("not-valid", `${uri} names no image`);
}
