/** The main thread's side of network-thread.ts: a call there and its answer, synchronously, as if it were made here. */
import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { threadEnvironment } from "../../base/index.ts";
import { NETWORK_CALL_MS, NETWORK_THREAD_HEAP } from "../limits.ts";
import type { NetworkCaller } from "./network-calls.ts";
import type { NetworkAnswer, NetworkThreadData } from "./network-thread.ts";

export class NetworkThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #answered = new Int32Array(new SharedArrayBuffer(4));
  #received = 0;
  #home: number | undefined;

  constructor() {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData: NetworkThreadData = { answered: this.#answered.buffer, port: port2 };
    this.#worker = new Worker(new URL(`./network-thread.${extension}`, import.meta.url), {
      workerData,
      transferList: [port2],
      resourceLimits: NETWORK_THREAD_HEAP,
      // Descriptors are the process's: those that the thread opened outlive it.
      trackUnmanagedFds: false,
      execArgv: [],
      env: threadEnvironment(),
    });
    this.#worker.unref();
  }

  /** Descriptor of the namespace that stands in for the host's; owned by the thread. Waits until the thread is there. */
  get home(): number {
    this.#home ??= this.#receive()[0] ?? -1;
    return this.#home;
  }

  /** Resolves when the first call would not have to wait; keeps the process running until then. */
  async started(): Promise<void> {
    if (Atomics.load(this.#answered, 0) > 0) return;
    this.#worker.ref();
    await once(this.#worker, "message");
    this.#worker.unref();
  }

  readonly call: NetworkCaller = (call) => {
    if (this.home === -1) throw new Error("the thread for networks has none");
    this.#port.postMessage(call);
    return this.#receive();
  };

  /** Lets the thread end by itself: one that is stopped amid a call of the C library may take the process with it. */
  async close(): Promise<void> {
    const ended = once(this.#worker, "exit");
    this.#worker.ref();
    this.#port.close();
    await ended;
  }

  #receive(): readonly number[] {
    if (Atomics.wait(this.#answered, 0, this.#received, NETWORK_CALL_MS) === "timed-out")
      throw new Error("the thread for networks does not answer");
    this.#received += 1;
    const answer: NetworkAnswer | undefined = receiveMessageOnPort(this.#port)?.message;
    if (answer === undefined) throw new Error("the thread for networks gave no answer");
    if ("numbers" in answer) return answer.numbers;
    throw Object.assign(new Error(answer.failure.message), { code: answer.failure.code });
  }
}
