/**
 * The folders that stand for file systems: one per access point below the data folder, or one that whoever runs the server
 * names. They belong to functions, so only the folder itself is ever touched here: what is in it is neither read nor followed,
 * and it stays when no function uses it any more, as EFS does.
 */
import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode } from "../base/index.ts";
import type { FileSystems } from "../environments/index.ts";

/** Whom functions are on AWS; on this machine nobody whom anything trusts. */
const OWNER = { uid: 993, gid: 990 } as const;
/** Others cannot reach it: its parent is closed. */
const OPEN_TO_ALL = 0o777;

export class FileSystemFolders implements FileSystems {
  readonly #parent: string;
  readonly #named: ReadonlyMap<string, string>;
  readonly #made = new Map<string, Promise<string>>();

  /** `parent` is made when it is needed; `named` are folders by the ARN of the access point. */
  constructor(parent: string, named: ReadonlyMap<string, string>) {
    this.#parent = parent;
    this.#named = named;
  }

  folder(arn: string): Promise<string> {
    const named = this.#named.get(arn);
    if (named !== undefined) return Promise.resolve(named);
    const known = this.#made.get(arn);
    if (known !== undefined) return known;
    const made = this.#make(arn).finally(() => this.#made.delete(arn));
    this.#made.set(arn, made);
    return made;
  }

  async #make(arn: string): Promise<string> {
    await mkdir(this.#parent, { recursive: true, mode: 0o700 });
    const path = join(this.#parent, folderName(arn));
    try {
      await mkdir(path);
    } catch (error) {
      if (hasErrorCode(error, "EEXIST")) return path;
      throw error;
    }
    await chmod(path, OPEN_TO_ALL);
    if (process.getuid?.() === 0) await chown(path, OWNER.uid, OWNER.gid);
    return path;
  }
}

/** `elasticfilesystem_us-east-1_123456789012_fsap-0123…`: ARNs of different access points have different ones. */
function folderName(arn: string): string {
  const [, , service = "", region = "", account = "", ...resource] = arn.split(":");
  return [service, region, account, resource.join(":").replace("access-point/", "").replaceAll("/", "_")].join("_");
}
