/**
 * Policies that were stored by whoever checked them then. One that is malformed by what is known now lets nobody in: it is
 * taken for one that is not there.
 */
import { MalformedPolicy } from "./malformed-policy.ts";
import { parsePolicy } from "./parse.ts";
import type { Policy, PolicyKind } from "./policy.ts";

/** Undefined for a document that is missing or malformed. */
export function parseKeptPolicy(json: string | undefined, kind: PolicyKind, id?: string): Policy | undefined {
  if (json === undefined) return undefined;
  try {
    return parsePolicy(json, kind, id === undefined ? {} : { id });
  } catch (error) {
    if (error instanceof MalformedPolicy) return undefined;
    throw error;
  }
}
