/**
 * What sandboxes need of the kernel that it takes its time for, as calls that are data: disks for /tmp, networks. Made by a
 * thread beside the server that lives in the main thread's namespaces and shares its descriptors, so what it answers is the
 * main thread's at once.
 */
import { unmountAll } from "../linux/mounts.ts";
import type { DiskImage } from "./disk-image.ts";
import { carryOut, type NetworkCall } from "./network-calls.ts";
import { makeDisk } from "./tmp-disk.ts";

export type HostCall =
  | NetworkCall
  /** Answer: the descriptor of a mounted disk for /tmp that is at no place yet. `folder` holds its file for an instant. */
  | { readonly kind: "disk"; readonly folder: string; readonly image: DiskImage }
  /** Detaches whatever is mounted at these places. */
  | { readonly kind: "unmount"; readonly places: readonly string[] };

/** Throws system errors. */
export function carryOutHere(call: HostCall): readonly number[] {
  switch (call.kind) {
    case "disk":
      return [makeDisk(call.folder, call.image).descriptor];
    case "unmount":
      for (const place of call.places) unmountAll(place);
      return [];
    default:
      return carryOut(call);
  }
}
