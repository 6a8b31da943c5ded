/** Which file systems a function uses, as records keep it. Apart from what refuses, which loads the client package. */
import { memberOf } from "./json-members.ts";
import type { FileSystemUse, FunctionSettings } from "./records.ts";

/** Versions of before kept them among what had no effect, as they were given. */
export function fileSystemsOf({ fileSystems, withoutEffect }: FunctionSettings): readonly FileSystemUse[] {
  if (fileSystems !== undefined) return fileSystems;
  const kept = withoutEffect["FileSystemConfigs"];
  if (!Array.isArray(kept)) return [];
  return kept.map((config) => ({
    arn: String(memberOf(config, "Arn")),
    path: String(memberOf(config, "LocalMountPath")),
  }));
}
