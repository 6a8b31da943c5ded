/**
 * Who owns what, seen through a mount: the files of one user and group appear as another's, and what that one makes is stored
 * as theirs. The kernel takes such a map as a user namespace, which needs a process to be born in; it ends at once.
 */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { findProgram } from "../helper.ts";
import type { ChildReaper } from "./children.ts";
import { createSocketPair } from "./sockets.ts";
import { spawnProgram } from "./spawn.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Says when it is inside, and ends when the other side hangs up. */
const BORN = "echo; read _ <&1";

/** Descriptor of a map, for `makeBindMount`; the caller closes it. Rejects where there are no user namespaces. */
export async function openIdMap(stored: Owner, seen: Owner, children: ChildReaper): Promise<number> {
  const { near, far } = createSocketPair();
  const line = new Socket({ fd: near, readable: true, writable: true });
  const inside = new Promise<void>((resolve, reject) => {
    line.once("data", () => resolve());
    line.once("close", () => reject(new Error("unshare does not make a user namespace")));
    line.once("error", reject);
  });
  let pid: number;
  try {
    const args = ["--user", "--", "/bin/sh", "-c", BORN];
    pid = spawnProgram({ path: findProgram("unshare") ?? "unshare", args, env: {}, descriptors: [far] });
  } catch (error) {
    line.destroy();
    // The caller hears of the error that came first.
    inside.catch(() => undefined);
    throw error;
  } finally {
    closeSync(far);
  }
  try {
    await inside;
    writeFileSync(`/proc/${pid}/uid_map`, `${stored.uid} ${seen.uid} 1\n`);
    writeFileSync(`/proc/${pid}/gid_map`, `${stored.gid} ${seen.gid} 1\n`);
    return openSync(`/proc/${pid}/ns/user`, "r");
  } finally {
    line.destroy();
    void children.wait(pid);
  }
}
