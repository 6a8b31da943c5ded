/** What differs between the properties that a template wants and those that a resource has. Pure. */
import type { JsonValue } from "../../base/index.ts";
import { isList, isObject, type JsonObject } from "./json.ts";

export interface Difference {
  /** `Environment.Variables.STAGE`. */
  readonly path: string;
  readonly from: JsonValue | undefined;
  readonly to: JsonValue | undefined;
}

/** Nothing, as the API answers it: no value, an empty text, list or map, a map of such. */
export function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}

/** In the order of the template. `exact` names properties in which the resource may not have more than the template. */
export function differencesIn(wanted: JsonObject, has: JsonObject, exact: readonly string[]): readonly Difference[] {
  return Object.entries(wanted).flatMap(([name, value]) => between(name, has[name], value, exact.includes(name)));
}

function between(
  path: string,
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  exact: boolean,
): readonly Difference[] {
  if ((isEmpty(from) && isEmpty(to)) || same(from, to)) return [];
  if (!isObject(from) || !isObject(to)) return isSubset(from, to, exact) ? [] : [{ path, from, to }];
  const names = new Set([...Object.keys(to), ...(exact ? Object.keys(from) : [])]);
  return [...names].flatMap((name) => between(`${path}.${name}`, from[name], to[name], exact));
}

/** Lists are of one length, and their maps may say more on the server. */
function isSubset(from: JsonValue | undefined, to: JsonValue | undefined, exact: boolean): boolean {
  if (!isList(from) || !isList(to) || from.length !== to.length) return false;
  return to.every((item, index) => between("", from[index], item, exact).length === 0);
}

function same(from: JsonValue | undefined, to: JsonValue | undefined): boolean {
  const isScalar = (value: JsonValue | undefined): boolean => typeof value !== "object" || value === null;
  return isScalar(from) && isScalar(to) && from !== undefined && to !== undefined && String(from) === String(to);
}
