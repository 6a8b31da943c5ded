/** S3 as far as code is read from it, behind a real wire: objects with versions, who read them, and whom they are closed to. */
import * as S3 from "@aws-sdk/client-s3";
import { lineLog, systemClock, systemRandom } from "../../base/index.ts";
import { createWire, type Handlers, ServiceError } from "../../wire/index.ts";
import type { S3Finder } from "../control-plane.ts";

export interface VersionedS3 {
  readonly finder: S3Finder;
  /** Each read: who, on whose behalf, and what. */
  readonly reads: string[];
  /** Principals' ARNs that may not read. */
  readonly denied: Set<string>;
  /** A new version of the object; its id. */
  put(key: string, body: Uint8Array): string;
  /** Other bytes under the same version, as no real S3 has them. */
  corrupt(key: string, version: string, body: Uint8Array): void;
  remove(key: string, version: string): void;
}

/** Buckets whose name begins with `plain` have no versions, those with `missing` do not exist. */
export function versionedS3(): VersionedS3 {
  const reads: string[] = [];
  const denied = new Set<string>();
  const objects = new Map<string, Map<string, Uint8Array>>();
  const handlers: Handlers<typeof S3> = {
    async GetObject({ Bucket, Key, VersionId }, { principal }) {
      reads.push([principal.arn, principal.sourceArn, `${Bucket}/${Key}`, VersionId].filter(Boolean).join(" "));
      if (denied.has(principal.arn)) throw new ServiceError("AccessDenied", 403, "Access Denied");
      if (Bucket.startsWith("missing"))
        throw new ServiceError("NoSuchBucket", 404, "The specified bucket does not exist");
      const versions = objects.get(Key);
      const version = VersionId ?? [...(versions?.keys() ?? [])].at(-1);
      if (versions === undefined || version === undefined) {
        throw new S3.NoSuchKey({ message: "The specified key does not exist.", $metadata: {} });
      }
      const Body = versions.get(version);
      if (Body === undefined) throw new ServiceError("NoSuchVersion", 404, "The specified version does not exist.");
      return { Body, ...(!Bucket.startsWith("plain") && { VersionId: version }) };
    },
  };
  const wire = createWire({
    services: [{ name: "s3", load: async () => ({ client: S3, handlers }) }],
    clock: systemClock,
    random: systemRandom,
    log: lineLog("error", () => undefined),
    endpoint: () => "http://localhost",
  });
  const set = (key: string, version: string, body: Uint8Array): void => {
    objects.set(key, (objects.get(key) ?? new Map()).set(version, body));
  };
  return {
    finder: (caller) => wire.client<typeof S3>("s3", caller),
    reads,
    denied,
    put(key, body) {
      const version = `v${(objects.get(key)?.size ?? 0) + 1}`;
      set(key, version, body);
      return version;
    },
    corrupt: set,
    remove: (key, version) => void objects.get(key)?.delete(version),
  };
}
