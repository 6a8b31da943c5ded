/**
 * A small real implementation of the Environments port for tests: imports the function's index.mjs into this process and
 * calls its handler. No isolation, no time limit, no pool: just enough to see which code ran with which request.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Allocation,
  CapacityExceeded,
  type CodeFolders,
  type EnvironmentStatus,
  type Environments,
  type FunctionVersion,
  type InvocationRequest,
  type InvocationResult,
  type ProvisionedTarget,
} from "../../environments/index.ts";

type Handler = (event: unknown, context: unknown) => unknown;

export class InProcessEnvironments implements Environments {
  /** Every call of `retire`, in order. */
  readonly retired: { readonly functionArn: string; readonly revisions: readonly string[] }[] = [];
  readonly expected: FunctionVersion[] = [];
  /** The last of `provision`, by function ARN. */
  readonly provisioned = new Map<string, readonly ProvisionedTarget[]>();
  readonly invoked: { readonly version: FunctionVersion; readonly request: InvocationRequest }[] = [];
  /** What functions do beyond their answers. */
  working: Promise<void> | undefined;
  /** Whether another environment can be had. */
  hasMemory = true;
  readonly #code: CodeFolders;

  constructor(code: CodeFolders) {
    this.#code = code;
  }

  async invoke(version: FunctionVersion, request: InvocationRequest): Promise<InvocationResult> {
    if (!this.hasMemory) throw new CapacityExceeded();
    this.invoked.push({ version, request });
    const handler = await this.#load(version);
    try {
      const output = await handler(JSON.parse(Buffer.from(request.payload).toString()), { version, request });
      const payload = request.stream === undefined ? JSON.stringify(output ?? null) : "";
      return { ...result(Buffer.from(payload), undefined, request.tail), done: this.working };
    } catch (error) {
      const name = error instanceof Error ? error.name : "Error";
      const message = error instanceof Error ? error.message : String(error);
      return result(Buffer.from(JSON.stringify({ errorType: name, errorMessage: message })), name, request.tail);
    }
  }

  retire(functionArn: string, revisions: readonly string[]): void {
    this.retired.push({ functionArn, revisions });
  }

  expect(version: FunctionVersion): void {
    this.expected.push(version);
  }

  provision(functionArn: string, targets: readonly ProvisionedTarget[]): void {
    this.provisioned.set(functionArn, targets);
  }

  /** Whatever is asked for is there at once. */
  allocation(functionArn: string, qualifier: string): Allocation | undefined {
    const target = this.provisioned.get(functionArn)?.find((known) => known.qualifier === qualifier);
    const count = target?.shares.reduce((sum, share) => sum + share.count, 0);
    return count === undefined ? undefined : { status: "READY", reason: undefined, allocated: count, available: count };
  }

  list(): readonly EnvironmentStatus[] {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.invoked.length = 0;
  }

  async #load(version: FunctionVersion): Promise<Handler> {
    const { code } = version;
    if (code.kind === "image") throw new Error("images do not run in this process");
    const folder = code.kind === "zip" ? await this.#code.unpacked(code.sha256) : code.path;
    const url = `${pathToFileURL(join(folder, "index.mjs")).href}?revision=${version.revisionId}`;
    const loaded: { handler: Handler } = await import(url);
    return loaded.handler;
  }
}

function result(payload: Uint8Array, errorType: string | undefined, tail: boolean): InvocationResult {
  return {
    payload,
    functionError: errorType === undefined ? undefined : "Unhandled",
    errorType,
    logTail: tail ? "START\nEND\n" : undefined,
    done: undefined,
    report: {
      durationMs: 1,
      billedDurationMs: 1,
      memorySizeMb: 128,
      maxMemoryUsedMb: 1,
      initDurationMs: undefined,
      coldStart: false,
      coldTimings: undefined,
    },
  };
}
