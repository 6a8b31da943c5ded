/**
 * What is deployed, in memory, fed by the store's changes: the invoke path resolves names, versions and aliases here and
 * reads no disk. Never throws AWS's exceptions (they belong to the operations): problems are values.
 * Invariant: a resolution is consistent with one state of the function's head record.
 */

import type { Log, Random } from "../base/index.ts";
import type { FunctionVersion, ProvisionedTarget } from "../environments/index.ts";
import { type RecordEntry, RecordFeed, type Records } from "../store/index.ts";
import type { Place } from "../wire/index.ts";
import { AccountUsage, type Usage } from "./account-usage.ts";
import { isManaged } from "./capacity-providers/names.ts";
import type { KnownSource } from "./code-sources.ts";
import {
  type FunctionArn,
  type FunctionName,
  functionArn,
  LATEST,
  LATEST_PUBLISHED,
  parseReference,
  qualifiedArn,
} from "./names.ts";
import { provisionedTargets, provisionedTotal } from "./provisioned-settings.ts";
import {
  asFunction,
  asVersion,
  FUNCTIONS_PREFIX,
  type FunctionRecord,
  headKey,
  isHeadKey,
  readOrTell,
  type VersionRecord,
  versionKey,
} from "./records.ts";
import { type Resolution, type ResolveRequest, resolved } from "./resolution.ts";
import { SortedNames } from "./sorted-names.ts";
import { snapshot, versionRecords } from "./version-snapshot.ts";

/** A function's code or configuration changed, or it was deleted. */
export interface FunctionChange extends Place {
  readonly functionName: FunctionName;
  readonly functionArn: FunctionArn;
  /** Revisions of all versions that may still be invoked. Empty: the function is gone. */
  readonly revisions: readonly string[];
  /** $LATEST as it is now, when this change deployed it: it will probably be invoked soon. */
  readonly deployed: FunctionVersion | undefined;
  /** Environments that are kept ready for its aliases and versions. */
  readonly provisioned: readonly ProvisionedTarget[];
  /** Concurrency that it has for itself now. */
  readonly claim: { readonly reserved: number | undefined; readonly provisionedTotal: number };
}

export interface FunctionDirectory {
  resolve(request: ResolveRequest): Resolution;
  /** Concurrency that functions of an account and region have taken for themselves, by reserving or provisioning it. */
  claimedConcurrency(place: Place): number;
  /** Tells of every change, after the directory shows it. */
  onChange(listen: (change: FunctionChange) => void): Disposable;
  /** Resolves when `check` holds, looked at after each change of any function; rejects when `signal` aborts. */
  until<T>(check: () => T | undefined, signal: AbortSignal): Promise<T>;
}

interface Entry {
  readonly record: FunctionRecord;
  readonly revision: number;
  readonly codeBytes: number;
  readonly versions: ReadonlyMap<string, FunctionVersion>;
}

export interface DirectoryOptions {
  readonly records: Pick<Records, "watch">;
  readonly random: Random;
  readonly log: Log;
}

export class Directory implements FunctionDirectory {
  readonly #options: DirectoryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #names = new SortedNames();
  readonly #versions = new Map<string, VersionRecord>();
  readonly #listeners = new Set<(change: FunctionChange) => void>();
  readonly #feed: RecordFeed;
  /** Times that each live folder changed; part of the revision, so that environments are replaced. */
  readonly #generations = new Map<string, number>();
  /** Keys of the functions that run from each live folder. */
  readonly #folders = new Map<string, Set<string>>();
  readonly #usage = new AccountUsage();
  /** Everything that was stored at the start is shown. */
  #current = false;
  #complete = true;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    const { records, log } = options;
    this.#feed = new RecordFeed({ records, prefix: FUNCTIONS_PREFIX, log, name: "function directory" });
  }

  /** Resolves when everything that is stored is shown. */
  start(): Promise<void> {
    return this.#feed.start({
      put: (entry) => this.#take(entry),
      delete: (key) => this.#forget(key),
      current: () => {
        this.#showVersions();
        this.#current = true;
      },
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#feed[Symbol.asyncDispose]();
  }

  resolve(request: ResolveRequest): Resolution {
    const reference = parseReference(request.functionName, request, request.qualifier);
    if (reference.kind !== "reference") return reference;
    const entry = this.#entries.get(headKey(reference, reference.name));
    const managed = entry !== undefined && isManaged(entry.record);
    const versionName =
      entry && this.#versionBehind(entry.record, reference.qualifier ?? (managed ? LATEST_PUBLISHED : LATEST));
    const version = versionName === undefined ? undefined : entry?.versions.get(versionName);
    if (managed && (versionName === LATEST || (version === undefined && reference.qualifier === undefined))) {
      return { kind: entry.versions.has(LATEST_PUBLISHED) ? "latest-unpublished" : "no-published-version" };
    }
    if (entry === undefined || versionName === undefined || version === undefined) {
      return { kind: "not-found", arn: qualifiedArn(reference, reference.name, reference.qualifier ?? LATEST) };
    }
    return resolved(entry.record, reference, version, versionName);
  }

  claimedConcurrency(place: Place): number {
    return this.#usage.of(place).claimed;
  }

  /** What the functions of an account and region come to. */
  usage(place: Place): Usage {
    return this.#usage.of(place);
  }

  /** The function as it is shown; undefined when it is not. */
  function(place: Place, name: string): FunctionRecord | undefined {
    return this.#entries.get(headKey(place, name))?.record;
  }

  onChange(listen: (change: FunctionChange) => void): Disposable {
    this.#listeners.add(listen);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listen) };
  }

  until<T>(check: () => T | undefined, signal: AbortSignal): Promise<T> {
    return this.#feed.until(check, signal);
  }

  /** Revision of the head record that is shown; undefined when the function is not. */
  shownRevision(place: Place, name: string): number | undefined {
    return this.#entries.get(headKey(place, name))?.revision;
  }

  /** Functions of one account and region in the order of their names, after one of these where it is given. */
  page(place: Place, after: string | undefined, limit: number): readonly FunctionRecord[] {
    return this.#names.page(place, after, limit).flatMap((name) => {
      const record = this.#entries.get(headKey(place, name))?.record;
      return record === undefined ? [] : [record];
    });
  }

  /** All functions of one account and region, or of all. In no particular order. */
  *functions(place?: Place): Iterable<FunctionRecord> {
    for (const { record } of this.#entries.values()) {
      if (place === undefined || (record.accountId === place.accountId && record.region === place.region)) yield record;
    }
  }

  /** Snapshots of all versions of one function. */
  versionsOf(record: FunctionRecord): readonly VersionRecord[] {
    return versionRecords(record, this.#versions);
  }

  /** Whether any version runs this content as its code or one of its layers. */
  refersTo(sha256: string): boolean {
    for (const reference of this.references()) if (reference === sha256) return true;
    return false;
  }

  /** Content of all versions and the layers they use; with repetitions. */
  *references(): Iterable<string> {
    for (const { record } of this.#entries.values()) {
      for (const { code, settings } of [record.latest, ...versionRecords(record, this.#versions)]) {
        if (code.kind === "zip") yield code.sha256;
        for (const layer of settings.layers) yield layer.sha256;
      }
    }
  }

  /** Content of versions and the layers they use that stays in S3; with repetitions. */
  *sources(): Iterable<KnownSource> {
    for (const { record } of this.#entries.values()) {
      const { accountId, region } = record;
      const place = { accountId, region };
      for (const { code, settings } of [record.latest, ...versionRecords(record, this.#versions)]) {
        if (code.kind === "zip" && code.source !== undefined) {
          yield {
            sha256: code.sha256,
            source: code.source,
            owner: { ...place, arn: functionArn(record, record.name) },
          };
        }
        for (const { arn, sha256, source } of settings.layers) {
          if (source !== undefined) yield { sha256, source, owner: { ...place, arn } };
        }
      }
    }
  }

  /** Whether any version or layer of one needs a copy of this content, since it does not stay in S3. */
  copies(sha256: string): boolean {
    for (const { record } of this.#entries.values()) {
      for (const { code, settings } of [record.latest, ...versionRecords(record, this.#versions)]) {
        if (code.kind === "zip" && code.sha256 === sha256 && code.source === undefined) return true;
        if (settings.layers.some((layer) => layer.sha256 === sha256 && layer.source === undefined)) return true;
      }
    }
    return false;
  }

  /** Whether any version runs the image of this hex digest. */
  refersToImage(digest: string): boolean {
    for (const reference of this.imageReferences()) if (reference === digest) return true;
    return false;
  }

  /** Hex digests of the images that versions run; with repetitions. */
  *imageReferences(): Iterable<string> {
    for (const { record } of this.#entries.values()) {
      for (const { code } of [record.latest, ...versionRecords(record, this.#versions)]) {
        if (code.kind === "image") yield code.digest;
      }
    }
  }

  /** Keys of version records that no head names: what a crash between two writes left, or a publish that is under way. */
  orphanedVersions(): string[] {
    const named = new Set<string>();
    for (const { record } of this.#entries.values()) {
      for (const { id } of record.versions) named.add(versionKey(record, record.name, id));
    }
    return [...this.#versions.keys()].filter((key) => !named.has(key));
  }

  /** Live folders that functions run from. */
  liveFolders(): Iterable<string> {
    return this.#folders.keys();
  }

  /** False once a stored record could not be read: then nothing follows from what is not here. */
  get complete(): boolean {
    return this.#complete;
  }

  /** A live folder changed: its functions get new revisions, so the next invocation gets a new environment. */
  folderChanged(path: string): void {
    this.#generations.set(path, (this.#generations.get(path) ?? 0) + 1);
    for (const key of [...(this.#folders.get(path) ?? [])]) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) this.#show(key, entry.record, entry.revision);
    }
    this.#feed.changed();
  }

  /** What is stored comes in no particular order, so heads may have been shown before their versions were known. */
  #showVersions(): void {
    for (const [key, { record, revision }] of [...this.#entries]) {
      if (record.versions.length > 0) this.#show(key, record, revision);
    }
  }

  #take(entry: RecordEntry): void {
    const { log } = this.#options;
    const head = isHeadKey(entry.key) ? readOrTell(log, entry, asFunction) : undefined;
    const version = isHeadKey(entry.key) ? undefined : readOrTell(log, entry, asVersion);
    if (head !== undefined) this.#show(entry.key, head, entry.revision);
    else if (version !== undefined) this.#versions.set(entry.key, version);
    else this.#complete = false;
  }

  #show(key: string, record: FunctionRecord, revision: number): void {
    const versions = new Map<string, FunctionVersion>();
    let codeBytes = 0;
    for (const version of versionRecords(record, this.#versions)) {
      versions.set(version.version, snapshot(record, version, this.#generation(version)));
      if (version.code.kind === "zip" && version.code.source === undefined) codeBytes += version.code.sizeBytes;
    }
    const entry = { record, revision, codeBytes, versions };
    const before = this.#entries.get(key);
    const latest = versions.get(LATEST);
    const news = this.#current && latest?.revisionId !== before?.versions.get(LATEST)?.revisionId;
    if (before !== undefined) this.#usage.remove(before);
    this.#usage.add(entry);
    this.#forgetFolders(key, before);
    for (const { code } of versions.values()) if (code.kind === "folder") this.#addFolder(code.path, key);
    this.#entries.set(key, entry);
    this.#names.add(record, record.name);
    this.#tell({
      ...named(record),
      revisions: [...versions.values()].map(({ revisionId }) => revisionId),
      deployed: news ? latest : undefined,
      provisioned: provisionedTargets(record, versions),
      claim: { reserved: record.reservedConcurrency, provisionedTotal: provisionedTotal(record) },
    });
  }

  #forget(key: string): void {
    this.#versions.delete(key);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#names.delete(entry.record, entry.record.name);
    this.#usage.remove(entry);
    this.#forgetFolders(key, entry);
    this.#tell({
      ...named(entry.record),
      revisions: [],
      deployed: undefined,
      provisioned: [],
      claim: { reserved: undefined, provisionedTotal: 0 },
    });
  }

  #tell(change: FunctionChange): void {
    for (const listen of this.#listeners) listen(change);
  }

  #addFolder(path: string, key: string): void {
    const users = this.#folders.get(path) ?? new Set();
    this.#folders.set(path, users.add(key));
  }

  #forgetFolders(key: string, entry: Entry | undefined): void {
    for (const { code } of entry?.versions.values() ?? []) {
      if (code.kind !== "folder") continue;
      const users = this.#folders.get(code.path);
      users?.delete(key);
      if (users?.size === 0) this.#folders.delete(code.path);
    }
  }

  #generation(version: VersionRecord): number | undefined {
    return version.code.kind === "folder" ? (this.#generations.get(version.code.path) ?? 0) : undefined;
  }

  /** The version that a qualifier means for this one invocation: an alias may split its traffic. */
  #versionBehind(record: FunctionRecord, qualifier: string): string | undefined {
    const alias = record.aliases.find(({ name }) => name === qualifier);
    if (alias === undefined) return qualifier;
    const { routing } = alias;
    return routing !== undefined && this.#options.random.fraction() < routing.weight ? routing.version : alias.version;
  }
}

function named(record: FunctionRecord): Pick<FunctionChange, "accountId" | "region" | "functionName" | "functionArn"> {
  const { accountId, region, name: functionName } = record;
  return { accountId, region, functionName, functionArn: functionArn(record, functionName) };
}
