/**
 * Code that stays in S3 (`S3ObjectStorageMode=REFERENCE`): one version of an object, read in the name of Lambda itself on
 * behalf of the function or layer that it belongs to, whenever it has to be unpacked again. No copy is kept. Knows no
 * operation and no state; what an object says that cannot be had is a SourceProblem.
 */
import { type CallerIdentity, type Place, ServiceError } from "../wire/index.ts";
import type { S3Finder } from "./control-plane.ts";
import type { ObjectSource } from "./records.ts";

/** Whose code it is: AWS's `aws:SourceArn`. */
export interface SourceOwner extends Place {
  readonly arn: string;
}

/** The content of a hash, where it lies. */
export interface KnownSource {
  readonly sha256: string;
  readonly source: ObjectSource;
  readonly owner: SourceOwner;
}

/** S3's answers after which an object is not to be had until somebody does something about it; all others pass. */
const REFUSALS: ReadonlySet<string> = new Set([
  "AccessDenied",
  "AllAccessDisabled",
  "InvalidArgument",
  "InvalidObjectState",
  "MethodNotAllowed",
  "NoSuchBucket",
  "NoSuchKey",
  "NoSuchVersion",
]);

/** The object cannot be had, as S3 says it. */
export class SourceProblem extends Error {
  override readonly name = "SourceProblem";
  /** S3's error code. */
  readonly code: string;
  readonly source: ObjectSource;

  constructor(code: string, message: string, source: ObjectSource) {
    super(message);
    this.code = code;
    this.source = source;
  }
}

export class CodeSources {
  readonly #s3: S3Finder | undefined;
  readonly #known: () => Iterable<KnownSource>;

  /** `known`: every reference of functions and layers. */
  constructor(s3: S3Finder | undefined, known: () => Iterable<KnownSource>) {
    this.#s3 = s3;
    this.#known = known;
  }

  /** The content of this hash from any object that is known to have it; undefined when none is. Rejects as `open`. */
  async read(sha256: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    let problem: unknown;
    for (const { source, owner } of this.#withContent(sha256)) {
      try {
        return bytesOf(await this.#open(source, owner));
      } catch (error) {
        problem = error;
      }
    }
    if (problem !== undefined) throw problem;
    return undefined;
  }

  /** Whether Lambda may read the object. Rejects where S3 does not say, with SourceProblem where it says no. */
  async require(source: ObjectSource, owner: SourceOwner): Promise<void> {
    discard(await this.#open(source, owner, "bytes=0-0"));
  }

  *#withContent(sha256: string): Iterable<KnownSource> {
    const tried = new Set<string>();
    for (const known of this.#known()) {
      const key = JSON.stringify([known.source, known.owner]);
      if (known.sha256 !== sha256 || tried.has(key)) continue;
      tried.add(key);
      yield known;
    }
  }

  async #open(source: ObjectSource, owner: SourceOwner, range?: string): Promise<unknown> {
    const s3 = await this.#s3?.(lambdaFor(owner));
    if (s3 === undefined) throw new SourceProblem("NoSuchBucket", "The specified bucket does not exist", source);
    const { bucket: Bucket, key: Key, version: VersionId } = source;
    try {
      const answer = await s3.call("GetObject", {
        Bucket,
        Key,
        VersionId,
        ...(range !== undefined && { Range: range }),
      });
      return answer.Body;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const code = codeOf(error);
      throw REFUSALS.has(code) ? new SourceProblem(code, error.message, source) : error;
    }
  }
}

/** Lambda's own principal, working for a function or layer. */
function lambdaFor({ accountId, region, arn }: SourceOwner): CallerIdentity {
  const principal = {
    kind: "service",
    accountId,
    arn: "lambda.amazonaws.com",
    sourceArn: arn,
    sourceAccountId: accountId,
  } as const;
  return { principal, region };
}

/** S3's error code, from here or elsewhere. */
export function codeOf(error: Error): string {
  return error instanceof ServiceError ? error.code : error.name;
}

/** The body of an answer of GetObject, whichever form it has. */
export async function* bytesOf(body: unknown): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else if (typeof body === "string") yield Buffer.from(body);
  else if (isStream(body)) yield* body;
}

/** Lets go of a body that nobody will read. */
export function discard(body: unknown): void {
  const destroy: unknown = isStream(body) ? Reflect.get(body, "destroy") : undefined;
  if (typeof destroy === "function") Reflect.apply(destroy, body, []);
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
