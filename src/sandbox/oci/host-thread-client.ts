/**
 * The main thread's side of host-thread.ts: calls whose answers come while the server goes on. The kernel keeps a call
 * waiting more than it works, so a few threads share what comes. Each costs the server some 10 MB, so one starts when a call
 * would wait, and all end again when there is nothing to do.
 */
import { Worker } from "node:worker_threads";
import { type Clock, type Timer, threadEnvironment } from "../../base/index.ts";
import { HOST_THREAD_CALLS_MAX, HOST_THREAD_HEAP, HOST_THREAD_IDLE_MS, HOST_THREADS_MAX } from "../limits.ts";
import type { HostCall } from "./host-calls.ts";
import type { HostAnswer, HostRequest } from "./host-thread.ts";

type Pending = PromiseWithResolvers<readonly number[]>;

const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const PROGRAM = new URL(`./host-thread.${EXTENSION}`, import.meta.url);

export class HostThreads {
  readonly #clock: Clock;
  readonly #program: URL;
  readonly #threads: HostThread[] = [];
  #idle: Timer | undefined;

  constructor(clock: Clock, program: URL = PROGRAM) {
    this.#clock = clock;
    this.#program = program;
  }

  /** Rejects with the system's error. */
  async call(call: HostCall): Promise<readonly number[]> {
    this.#idle?.cancel();
    try {
      return await this.#next().call(call);
    } finally {
      if (this.#threads.every(({ pending }) => pending === 0)) this.#endSoon();
    }
  }

  /** Waits for all answers. */
  async close(): Promise<void> {
    this.#idle?.cancel();
    await Promise.all(this.#threads.map((thread) => thread.close()));
    this.#idle?.cancel();
  }

  /** The thread with the least to do, or another one while all have much. */
  #next(): HostThread {
    const [free] = this.#threads.toSorted((a, b) => a.pending - b.pending);
    if (free !== undefined && (free.pending < HOST_THREAD_CALLS_MAX || this.#threads.length >= HOST_THREADS_MAX))
      return free;
    // One that has ended, for want of memory say, would answer nobody.
    const forget = (): void => {
      const at = this.#threads.indexOf(thread);
      if (at >= 0) this.#threads.splice(at, 1);
    };
    const thread = new HostThread(this.#program, forget);
    this.#threads.push(thread);
    return thread;
  }

  #endSoon(): void {
    this.#idle?.cancel();
    this.#idle = this.#clock.schedule(HOST_THREAD_IDLE_MS, () => {
      for (const thread of this.#threads.splice(0)) void thread.close();
    });
  }
}

class HostThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #counter = 0;

  constructor(program: URL, onEnd: () => void) {
    this.#worker = new Worker(program, {
      resourceLimits: HOST_THREAD_HEAP,
      // Descriptors are the process's: those that the thread opened outlive it.
      trackUnmanagedFds: false,
      execArgv: [],
      env: threadEnvironment(),
    });
    this.#worker.unref();
    this.#worker.on("message", (answer: HostAnswer) => this.#settle(answer));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.once("error", onEnd);
    this.#worker.once("exit", () => {
      onEnd();
      this.#fail(new Error("the thread beside the server has ended"));
    });
  }

  /** Calls that wait for their answer. */
  get pending(): number {
    return this.#pending.size;
  }

  call(call: HostCall): Promise<readonly number[]> {
    const id = this.#counter++;
    const request: HostRequest = { id, call };
    // Somebody waits for the answer: the process must not end meanwhile.
    if (this.#pending.size === 0) this.#worker.ref();
    const pending: Pending = Promise.withResolvers();
    this.#pending.set(id, pending);
    this.#worker.postMessage(request);
    return pending.promise;
  }

  /** Waits for its answers. A thread that is stopped amid a call of the C library may take the process with it. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#pending.values()].map(({ promise }) => promise));
    await this.#worker.terminate();
  }

  #settle(answer: HostAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ("numbers" in answer) pending?.resolve(answer.numbers);
    else pending?.reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
