/**
 * The version of a runtime as AWS names it, from one place for the API and for the function's log. What a runtime is updated to
 * on this machine is not told apart; a function that is held to a version by hand shows the one it was given.
 */
import { createHash } from "node:crypto";
import { type Place, partitionOf } from "../wire/index.ts";
import type { FunctionRecord, RuntimeManagementRecord, VersionRecord } from "./records.ts";

export function runtimeVersionArn(record: FunctionRecord, version: VersionRecord): string {
  const chosen = runtimeManagementOf(record, version.version)?.runtimeVersionArn;
  return chosen ?? currentRuntimeVersionArn(record, version.settings.runtime);
}

export function runtimeManagementOf(record: FunctionRecord, version: string): RuntimeManagementRecord | undefined {
  return record.runtimeManagement?.find((setting) => setting.version === version);
}

/** `record` without a setting for a version that is deleted, or that goes back to the default. */
export function withoutRuntimeManagement(record: FunctionRecord, version: string): FunctionRecord {
  const { runtimeManagement, ...rest } = record;
  const others = (runtimeManagement ?? []).filter((setting) => setting.version !== version);
  return others.length === 0 ? rest : { ...rest, runtimeManagement: others };
}

function currentRuntimeVersionArn({ region }: Pick<Place, "region">, runtime: string): string {
  return `arn:${partitionOf(region)}:lambda:${region}::runtime:${createHash("sha256").update(runtime).digest("hex")}`;
}
