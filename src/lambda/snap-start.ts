/** Which functions SnapStart can be switched on for. Lambda developer guide, "Improving startup performance with Lambda SnapStart". */
import { invalidParameter } from "./errors.ts";
import { IMAGE_RUNTIME } from "./image-code.ts";
import { memberOf } from "./json-members.ts";
import type { FunctionSettings } from "./records.ts";

const RUNTIMES = /^(java(11|17|[2-9]\d)(\.al2023)?|python3\.(1[2-9]|[2-9]\d)|dotnet([89]|\d\d))$/;

/** Throws for a runtime of which AWS takes no snapshots; what is in an image is not known. */
export function requireSnapStartable({ runtime, withoutEffect }: FunctionSettings): void {
  if (memberOf(withoutEffect["SnapStart"], "ApplyOn") !== "PublishedVersions") return;
  if (runtime === IMAGE_RUNTIME || RUNTIMES.test(runtime)) return;
  throw invalidParameter(`${runtime} is not supported for SnapStart enabled functions.`);
}
