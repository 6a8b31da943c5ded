/**
 * The thread that makes networks for an ordinary user's server. Root of a user namespace may not return to the host's
 * network once it has left, so the main thread, which serves there, cannot make them; this thread leaves it for good, and
 * its own network stands in for the host's. Ends with the worker. Answers are posted before the caller is woken.
 */
import { closeSync, openSync } from "node:fs";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { libc } from "../linux/libc.ts";
import { carryOut, loopbackUp, type NetworkCall } from "./network-calls.ts";

const CLONE_NEWNET = 0x40000000;

/** What the thread posts, in the order of the calls; the first is the descriptor of its own network namespace. */
export type NetworkAnswer =
  | { readonly numbers: readonly number[] }
  | { readonly failure: { readonly message: string; readonly code: string | undefined } };

export interface NetworkThreadData {
  /** One number, counting the answers. */
  readonly answered: SharedArrayBuffer;
  readonly port: MessagePort;
}

const { answered, port }: NetworkThreadData = workerData;
const count = new Int32Array(answered);

answer(() => {
  libc("unshare", [CLONE_NEWNET]);
  const home = openSync("/proc/thread-self/ns/net", "r");
  try {
    loopbackUp();
  } catch (error) {
    closeSync(home);
    throw error;
  }
  return [home];
});
parentPort?.postMessage("started");
port.on("message", (call: NetworkCall) => answer(() => carryOut(call)));

function answer(action: () => readonly number[]): void {
  let message: NetworkAnswer;
  try {
    message = { numbers: action() };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    message = { failure: { message: error instanceof Error ? error.message : String(error), code } };
  }
  port.postMessage(message);
  Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
}
