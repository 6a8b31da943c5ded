/**
 * Function URLs in memory, by id, fed by the directory: a request to a URL finds its function here and reads no disk.
 * Knows nothing of HTTP, and decides nothing about who may call.
 */
import type { Place } from "../wire/index.ts";
import type { Directory } from "./directory.ts";
import type { FunctionArn, FunctionName } from "./names.ts";
import type { CorsRecord, FunctionRecord, FunctionUrlRecord } from "./records.ts";
import { appliedPolicy } from "./resource-policy.ts";

/** One function URL, as it is configured now. */
export interface FunctionUrl extends Place {
  readonly id: string;
  readonly functionName: FunctionName;
  /** Missing for $LATEST. */
  readonly alias: string | undefined;
  readonly authType: "NONE" | "AWS_IAM";
  readonly invokeMode: "BUFFERED" | "RESPONSE_STREAM";
  readonly cors: CorsRecord | undefined;
  /** The resource policies of the function and the alias, as one document. */
  readonly resourcePolicy: string | undefined;
}

export interface FunctionUrls {
  /** By the id in its host name, in lower case. */
  byId(id: string): FunctionUrl | undefined;
  all(): Iterable<FunctionUrl>;
}

export class UrlDirectory implements FunctionUrls, Disposable {
  readonly #byId = new Map<string, FunctionUrl>();
  readonly #byFunction = new Map<FunctionArn, readonly FunctionUrl[]>();
  readonly #following: Disposable;

  /** To be made before the directory starts, which then tells of everything that is stored. */
  constructor(directory: Directory) {
    this.#following = directory.onChange((change) => {
      this.#show(change.functionArn, directory.function(change, change.functionName));
    });
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  byId(id: string): FunctionUrl | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<FunctionUrl> {
    return this.#byId.values();
  }

  #show(functionArn: FunctionArn, record: FunctionRecord | undefined): void {
    for (const { id } of this.#byFunction.get(functionArn) ?? []) this.#byId.delete(id);
    const urls = record === undefined ? [] : (record.urls ?? []).map((url) => urlOf(record, url));
    if (urls.length === 0) this.#byFunction.delete(functionArn);
    else this.#byFunction.set(functionArn, urls);
    for (const url of urls) this.#byId.set(url.id, url);
  }
}

function urlOf(record: FunctionRecord, url: FunctionUrlRecord): FunctionUrl {
  return {
    accountId: record.accountId,
    region: record.region,
    functionName: record.name,
    id: url.id,
    alias: url.alias,
    authType: url.authType,
    invokeMode: url.invokeMode,
    cors: url.cors,
    resourcePolicy: appliedPolicy(record, url.alias),
  };
}
