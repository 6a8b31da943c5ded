/**
 * What a property may look like, as data: names what a resource type does not have, and turns texts of parameters into the numbers
 * and booleans that the API takes. References that are not resolved yet pass.
 */
import type { JsonValue } from "../../base/index.ts";
import { pendingReference } from "./intrinsics.ts";
import { isList, isObject, type JsonObject } from "./json.ts";
import { badTemplate } from "./problems.ts";

export type Shape = "text" | "number" | "boolean" | "texts" | "json" | readonly [Shape] | ShapeMembers;
export interface ShapeMembers {
  readonly [name: string]: Shape;
}

/** `unknown` is told each property that is not in the shape, and which is left out. Throws a UserError for a wrong kind. */
export function shaped(
  value: JsonObject,
  shape: ShapeMembers,
  where: string,
  unknown: (path: string) => void,
): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const [name, member] of Object.entries(value)) {
    const inner = shape[name];
    if (inner === undefined) unknown(`${where}.${name}`);
    else result[name] = one(member, inner, `${where}.${name}`, unknown);
  }
  return result;
}

function one(value: JsonValue, shape: Shape, where: string, unknown: (path: string) => void): JsonValue {
  if (shape === "json" || pendingReference(value) !== undefined || isPendingCall(value)) return value;
  if (isArrayShape(shape)) {
    if (!isList(value)) throw badTemplate(`${where} must be a list.`);
    return value.map((item, index) => one(item, shape[0], `${where}[${index}]`, unknown));
  }
  if (shape === "texts") {
    if (!isObject(value)) throw badTemplate(`${where} must be a map of texts.`);
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, one(member, "text", `${where}.${name}`, unknown)]),
    );
  }
  if (typeof shape !== "string") {
    if (!isObject(value)) throw badTemplate(`${where} must be a map.`);
    return shaped(value, shape, where, unknown);
  }
  if (value === null || typeof value === "object") throw badTemplate(`${where} must be a ${shape}.`);
  return scalar(value, shape, where);
}

function scalar(value: string | number | boolean, shape: "text" | "number" | "boolean", where: string): JsonValue {
  if (shape === "text") return String(value);
  if (shape === "number") {
    const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
    if (typeof value === "boolean" || !Number.isFinite(number)) throw badTemplate(`${where} must be a number.`);
    return number;
  }
  if (String(value) === "true" || String(value) === "false") return String(value) === "true";
  throw badTemplate(`${where} must be true or false.`);
}

function isArrayShape(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function isPendingCall(value: JsonValue): boolean {
  return isObject(value) && Object.keys(value).length === 1 && Object.keys(value)[0]?.startsWith("Fn::") === true;
}
