/** Policy documents as templates write them and as IAM answers them: percent-encoded JSON. */
import type { JsonValue } from "../../../base/index.ts";

export function policyText(document: JsonValue | undefined): string {
  return typeof document === "string" ? document : JSON.stringify(document ?? {});
}

export function documentIn(encoded: string | undefined): JsonValue {
  const document: JsonValue = JSON.parse(decodeURIComponent(encoded ?? "{}"));
  return document;
}
