/** SAM's Globals: maps are merged, lists put one after another, anything else is the resource's own where it has some. Pure. */
import type { JsonValue } from "../../../base/index.ts";
import { isList, isObject, type JsonObject, objectOf } from "../json.ts";
import type { Notice } from "../resource.ts";

const SECTIONS: Readonly<Record<string, string>> = {
  Function: "AWS::Serverless::Function",
  LayerVersion: "AWS::Serverless::LayerVersion",
};

/** The globals of each resource type that is deployed; the others are noticed. */
export function globalsByType(globals: JsonObject, notice: Notice): ReadonlyMap<string, JsonObject> {
  const result = new Map<string, JsonObject>();
  for (const [section, value] of Object.entries(globals)) {
    const type = SECTIONS[section];
    if (type === undefined) notice(`Globals.${section} has no effect: no resources of this kind are deployed yet`);
    else result.set(type, objectOf(value));
  }
  return result;
}

export function withGlobals(globals: JsonObject | undefined, own: JsonObject): JsonObject {
  return globals === undefined ? own : objectOf(merged(globals, own));
}

function merged(general: JsonValue, own: JsonValue): JsonValue {
  if (isList(general) && isList(own)) return [...general, ...own];
  if (!isObject(general) || !isObject(own)) return own;
  const result: Record<string, JsonValue> = { ...general };
  for (const [name, value] of Object.entries(own)) {
    const before = result[name];
    result[name] = before === undefined ? value : merged(before, value);
  }
  return result;
}
