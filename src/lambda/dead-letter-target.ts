/** Where events go that failed for good, as records keep it. Apart from what refuses, which loads the client package. */
import type { JsonValue } from "../base/index.ts";
import type { FunctionSettings } from "./records.ts";

/** The target of a function's settings. Records of earlier versions kept the whole member among those without effect. */
export function deadLetterTargetOf(settings: FunctionSettings): string | undefined {
  return settings.deadLetterTarget ?? targetIn(settings.withoutEffect["DeadLetterConfig"]);
}

function targetIn(kept: JsonValue | undefined): string | undefined {
  const target = Object.entries(kept ?? {}).find(([member]) => member === "TargetArn")?.[1];
  return typeof target === "string" && target !== "" ? target : undefined;
}
