/**
 * A thread beside the server that makes and unmakes what the kernel takes its time for: disks for /tmp, networks. It lives
 * in the main thread's namespaces and shares its descriptors, so what it answers is the main thread's at once. One call
 * after the other, in order. Ends with the worker.
 */
import { parentPort, threadId, workerData } from "node:worker_threads";
import { unmountAll } from "../linux/mounts.ts";
import { carryOut, type NetworkCall } from "./network-calls.ts";
import { TmpDisks } from "./tmp-disk.ts";

export type HostCall =
  | NetworkCall
  /** Answer: the descriptor of a mounted disk for /tmp that is at no place yet. */
  | { readonly kind: "disk"; readonly sizeMb: number }
  /** Makes ready for disks of this size. */
  | { readonly kind: "disk-size"; readonly sizeMb: number }
  /** Detaches whatever is mounted at these places. */
  | { readonly kind: "unmount"; readonly places: readonly string[] };

export interface HostThreadData {
  /** For files that exist for an instant. */
  readonly disks: string;
}

export interface HostRequest {
  readonly id: number;
  readonly call: HostCall;
}

export type HostAnswer =
  | { readonly id: number; readonly numbers: readonly number[] }
  | { readonly id: number; readonly failure: { readonly message: string; readonly code: string | undefined } };

const { disks }: HostThreadData = workerData;
let tmpDisks: TmpDisks | undefined;

parentPort?.on("message", ({ id, call }: HostRequest) => {
  perform(call).then(
    (numbers) => answer({ id, numbers }),
    (error: unknown) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
      answer({ id, failure: { message: error instanceof Error ? error.message : String(error), code } });
    },
  );
});

async function perform(call: HostCall): Promise<readonly number[]> {
  switch (call.kind) {
    case "disk":
      return [(await disk().make(call.sizeMb)).descriptor];
    case "disk-size":
      await disk().prepare(call.sizeMb);
      return [];
    case "unmount":
      for (const place of call.places) unmountAll(place);
      return [];
    default:
      return carryOut(call);
  }
}

function disk(): TmpDisks {
  tmpDisks ??= new TmpDisks(`${disks}/${threadId}`);
  return tmpDisks;
}

function answer(message: HostAnswer): void {
  parentPort?.postMessage(message);
}
