/**
 * The event loop's end of the writer thread: sends what one turn of the loop asked for as one message, matches outcomes to
 * promises, bounds what is under way, and turns failures into StoreUnavailable. Knows no port.
 */
import { Worker } from "node:worker_threads";
import { type Log, threadEnvironment } from "../../base/index.ts";
import { STORE_LIMITS } from "../limits.ts";
import { StoreUnavailable } from "../ports.ts";
import type {
  CrashAt,
  FromWriter,
  OpenRefusal,
  OperationName,
  Operations,
  Outcome,
  Request,
  ToWriter,
} from "./operations.ts";
import type { WriterStart } from "./writer/worker.ts";

/** Most of the thread's work is SQLite's, outside of V8's heap. */
const HEAP = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8, stackSizeMb: 2 } as const;

interface Pending {
  readonly bytes: number;
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: StoreUnavailable) => void;
}

export class WriterClient {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #outbox: Request[] = [];
  #pendingBytes = 0;
  #nextId = 1;
  #end: StoreUnavailable | undefined;
  #closed: Promise<void> | undefined;

  private constructor(worker: Worker, log: Log) {
    this.#worker = worker;
    worker.on("message", (message: FromWriter) => {
      if (message.kind === "outcomes") this.#settleAll(message.outcomes);
    });
    worker.on("error", (error) => {
      log.error("the writer thread failed; nothing can be stored until a restart", { error });
      this.#fail(new StoreUnavailable("io-error", `the writer thread failed: ${String(error)}`, { cause: error }));
    });
    worker.on("exit", () => this.#fail(new StoreUnavailable("closed", "the store was closed")));
    worker.unref();
  }

  /** Starts the thread. Resolves with the reason when it could not open the file. */
  static async start(
    databaseFile: string,
    log: Log,
    crashAt: CrashAt | undefined,
  ): Promise<
    { readonly client: WriterClient; readonly nextExpiryAt: number | undefined } | { readonly refusal: OpenRefusal }
  > {
    const start: WriterStart = { databaseFile, crashAt };
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const worker = new Worker(new URL(`./writer/worker.${extension}`, import.meta.url), {
      workerData: start,
      resourceLimits: HEAP,
      execArgv: [],
      env: threadEnvironment(),
    });
    const first = await firstMessage(worker);
    if (first.kind === "ready") return { client: new WriterClient(worker, log), nextExpiryAt: first.nextExpiryAt };
    await worker.terminate();
    if (first.kind === "refused") return { refusal: first.refusal };
    throw new Error(`the writer thread began with ${first.kind}`);
  }

  /**
   * Asks for one operation; `bytes` is what it weighs. `arrived` is called with the output before the promise resolves, in
   * the order in which the writer carried operations out. Rejects with StoreUnavailable.
   */
  call<K extends OperationName>(
    op: K,
    input: Operations[K]["input"],
    options: { readonly bytes?: number; readonly arrived?: (output: Operations[K]["output"]) => void } = {},
  ): Promise<Operations[K]["output"]> {
    const { bytes = 0, arrived } = options;
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      if (
        this.#pending.size >= STORE_LIMITS.pendingRequestsMax ||
        this.#pendingBytes + bytes > STORE_LIMITS.pendingBytesMax
      ) {
        throw new StoreUnavailable("overloaded", "too many requests wait for the disk; try again later");
      }
      const id = this.#nextId++;
      const settle = (outcome: Outcome): void => {
        if (!outcome.ok) {
          reject(new StoreUnavailable(outcome.failure.reason, `the store could not ${op}: ${outcome.failure.message}`));
          return;
        }
        const output = outcome.output as Operations[K]["output"];
        arrived?.(output);
        resolve(output);
      };
      this.#add(id, { bytes, settle, fail: reject });
      this.#outbox.push({ id, op, input } as Request);
      if (this.#outbox.length === 1) process.nextTick(() => this.#flush());
    });
  }

  /** Lets everything under way finish, closes the file and ends the thread. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#worker.ref();
      this.#worker.once("exit", () => resolve());
      if (this.#end === undefined) {
        this.#flush();
        this.#end = new StoreUnavailable("closed", "the store was closed");
        this.#post({ kind: "close" });
      } else void this.#worker.terminate();
    });
    return this.#closed;
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const requests = this.#outbox;
    this.#outbox = [];
    this.#post({ kind: "requests", requests });
  }

  #post(message: ToWriter): void {
    this.#worker.postMessage(message);
  }

  #add(id: number, pending: Pending): void {
    // Only work under way keeps the process alive; an idle store does not.
    if (this.#pending.size === 0) this.#worker.ref();
    this.#pending.set(id, pending);
    this.#pendingBytes += pending.bytes;
  }

  #settleAll(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      const pending = this.#pending.get(outcome.id);
      if (pending === undefined) throw new Error(`the writer thread answered ${outcome.id}, which nobody asked`);
      this.#pending.delete(outcome.id);
      this.#pendingBytes -= pending.bytes;
      pending.settle(outcome);
    }
    if (this.#pending.size === 0 && this.#closed === undefined) this.#worker.unref();
  }

  #fail(error: StoreUnavailable): void {
    this.#end ??= error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#pendingBytes = 0;
    for (const { fail } of pending) fail(error);
  }
}

function firstMessage(worker: Worker): Promise<FromWriter> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error("the writer thread ended before it was ready"));
    worker.once("error", reject);
    worker.once("exit", ended);
    worker.once("message", (message: FromWriter) => {
      worker.off("error", reject).off("exit", ended);
      resolve(message);
    });
  });
}
