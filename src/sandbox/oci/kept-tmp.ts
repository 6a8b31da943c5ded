/**
 * The `oci` driver's /tmp that outlives its sandbox: the mounted file system itself, at no place while it is kept, and the
 * user id that its files belong to. Only this process holds it, so nothing of it is left when the process ends.
 */
import type { KeptTmp, SandboxSpec } from "../driver.ts";
import type { DetachedMount } from "../linux/mounts.ts";

export class OciKeptTmp implements KeptTmp {
  readonly mount: DetachedMount;
  readonly uid: number;

  constructor(mount: DetachedMount, uid: number) {
    this.mount = mount;
    this.uid = uid;
  }

  close(): void {
    this.mount.close();
  }
}

/** The user that a sandbox must run as because of the /tmp it is given. */
export function keptUid({ keptTmp }: SandboxSpec): number | undefined {
  return keptTmp === undefined ? undefined : own(keptTmp).uid;
}

export async function keptMount(keptTmp: KeptTmp): Promise<DetachedMount> {
  return own(keptTmp).mount;
}

function own(keptTmp: KeptTmp): OciKeptTmp {
  if (!(keptTmp instanceof OciKeptTmp)) throw new Error("this /tmp was kept by another driver");
  return keptTmp;
}
