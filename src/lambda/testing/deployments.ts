/**
 * What is deployed, for simulations: functions' records written as the control plane writes them, and the real directory
 * that a starting server opens over them. Everything but the directory outlives the server.
 */
import type { Log, Random } from "../../base/index.ts";
import type { RecordChange, RecordEntry } from "../../store/index.ts";
import { Directory } from "../directory.ts";
import type { FunctionName } from "../names.ts";
import { type FunctionRecord, headKey, type VersionRecord, versionKey } from "../records.ts";

export type { Directory } from "../directory.ts";
export type { FunctionRecord, VersionRecord } from "../records.ts";

const ACCOUNT = "000000000000";
const REGION = "us-east-1";
export const PLACE = { accountId: ACCOUNT, region: REGION } as const;

export class Deployments {
  readonly #entries = new Map<string, RecordEntry>();
  readonly #watchers = new Set<(change: RecordChange) => void>();
  #revision = 0;

  /** The directory of a server that starts now. It follows every later change. */
  open(options: { readonly random: Random; readonly log: Log }): Directory {
    return new Directory({ ...options, records: { watch: (_prefix, signal) => this.#watch(signal) } });
  }

  write(record: FunctionRecord): void {
    this.#put(headKey(PLACE, record.name), record);
  }

  writeVersion(name: string, id: string, record: VersionRecord): void {
    this.#put(versionKey(PLACE, name, id), record);
  }

  delete(name: string): void {
    const key = headKey(PLACE, name);
    this.#entries.delete(key);
    this.#revision += 1;
    this.#tell({ kind: "delete", key, revision: this.#revision });
  }

  #put(key: string, value: RecordEntry["value"]): void {
    this.#revision += 1;
    const entry = { key, value, revision: this.#revision };
    this.#entries.set(key, entry);
    this.#tell({ kind: "put", entry });
  }

  #tell(change: RecordChange): void {
    for (const tell of this.#watchers) tell(change);
  }

  async *#watch(signal: AbortSignal): AsyncGenerator<RecordChange | "current"> {
    const news: RecordChange[] = [...this.#entries.values()].map((entry) => ({ kind: "put", entry }));
    let wake = (): void => undefined;
    const tell = (change: RecordChange): void => {
      news.push(change);
      wake();
    };
    this.#watchers.add(tell);
    signal.addEventListener("abort", () => wake(), { once: true });
    yield* news.splice(0);
    yield "current";
    while (!signal.aborted) {
      yield* news.splice(0);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (news.length > 0 || signal.aborted) resolve();
      });
    }
    this.#watchers.delete(tell);
  }
}

/** A function as CreateFunction leaves it. `revision` stands for its code. */
export function functionRecord(name: string, revision: string): FunctionRecord {
  return {
    name: name as FunctionName,
    ...PLACE,
    latest: versionRecord("$LATEST", revision),
    nextVersion: 1,
    versions: [],
    aliases: [],
    tags: {},
    policies: [],
    eventInvoke: [],
  };
}

export function versionRecord(version: string, revision: string): VersionRecord {
  return {
    version,
    revisionId: revision,
    configurationId: revision,
    lastModified: "2026-01-31T12:00:00.000+0000",
    settings: {
      runtime: "nodejs22.x",
      handler: "index.handler",
      role: `arn:aws:iam::${ACCOUNT}:role/simulated`,
      description: "",
      timeoutSeconds: 900,
      memoryMb: 128,
      ephemeralStorageMb: 512,
      architecture: "x86_64",
      layers: [],
      tracingMode: "PassThrough",
      logging: { format: "Text", group: "/aws/lambda/simulated" },
      withoutEffect: {},
    },
    code: { kind: "zip", sha256: revision, sizeBytes: 1, unzippedBytes: 1 },
    state: { name: "Active" },
  };
}
