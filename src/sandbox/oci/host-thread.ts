/** The thread that carries out host-calls.ts, one after the other, in order. Ends with the worker. */
import { parentPort } from "node:worker_threads";
import { carryOutHere, type HostCall } from "./host-calls.ts";

export interface HostRequest {
  readonly id: number;
  readonly call: HostCall;
}

export type HostAnswer =
  | { readonly id: number; readonly numbers: readonly number[] }
  | { readonly id: number; readonly failure: { readonly message: string; readonly code: string | undefined } };

parentPort?.on("message", ({ id, call }: HostRequest) => parentPort?.postMessage(answerTo(id, call)));

function answerTo(id: number, call: HostCall): HostAnswer {
  try {
    return { id, numbers: carryOutHere(call) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    return { id, failure: { message: error instanceof Error ? error.message : String(error), code } };
  }
}
