/**
 * Names, qualifiers and ARNs of functions: parsed here and nowhere else. Values of the branded types exist only because
 * this module made them, so whoever holds one need not check it again. Forms and mismatch rules: Lambda API reference,
 * "FunctionName", and recorded behaviour of AWS.
 */

import { type Place, partitionOf } from "../wire/index.ts";

/** The bare name, for example `resize`. */
export type FunctionName = string & { readonly brand: "FunctionName" };
/** `$LATEST`, a version number, or an alias name. */
export type Qualifier = string & { readonly brand: "Qualifier" };
/** `arn:{partition}:lambda:{region}:{account}:function:{name}`, without a qualifier. */
export type FunctionArn = string & { readonly brand: "FunctionArn" };

export interface FunctionReference extends Place {
  readonly name: FunctionName;
  /** From the name or the Qualifier parameter, whichever was given. */
  readonly qualifier: Qualifier | undefined;
  /** The reference was a full ARN. */
  readonly fullArn: boolean;
}

/** Why a text does not name a function that can be reached here. */
export type ReferenceProblem =
  | { readonly kind: "malformed"; readonly text: string }
  | { readonly kind: "qualifier-mismatch" }
  | { readonly kind: "other-region"; readonly region: string }
  | { readonly kind: "other-account"; readonly accountId: string };

export type ParsedReference = ({ readonly kind: "reference" } & FunctionReference) | ReferenceProblem;

const REFERENCE =
  /^(arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:((?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9\-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9\-_]+))?$/;

/** The constraint that AWS prints for names that do not parse, for callers that reach a handler without the wire. */
export const FUNCTION_NAME_PATTERN =
  "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";

export const LATEST = "$LATEST" as Qualifier;
/** What functions with a capacity provider publish to without a number, and what is invoked of them without a qualifier. */
export const LATEST_PUBLISHED = "$LATEST.PUBLISHED" as Qualifier;

/** Reads any accepted form of a function's name, for a caller in `place`, with the separate Qualifier parameter if given. */
export function parseReference(text: string, place: Place, qualifier?: string): ParsedReference {
  const match = REFERENCE.exec(text);
  const name = match?.[4];
  if (match === null || name === undefined) return { kind: "malformed", text };
  const [, arn, region, accountId, , inName] = match;
  if (inName !== undefined && qualifier !== undefined && inName !== qualifier) return { kind: "qualifier-mismatch" };
  if (region !== undefined && region !== place.region) return { kind: "other-region", region };
  if (accountId !== undefined && accountId !== place.accountId) return { kind: "other-account", accountId };
  return {
    kind: "reference",
    accountId: place.accountId,
    region: place.region,
    name: name as FunctionName,
    qualifier: (inName ?? qualifier) as Qualifier | undefined,
    fullArn: arn !== undefined,
  };
}

export function functionArn(place: Place, name: FunctionName): FunctionArn {
  return `arn:${partitionOf(place.region)}:lambda:${place.region}:${place.accountId}:function:${name}` as FunctionArn;
}

/** The function's ARN with the qualifier appended when there is one. */
export function qualifiedArn(place: Place, name: FunctionName, qualifier: string | undefined): string {
  return qualifier === undefined ? functionArn(place, name) : `${functionArn(place, name)}:${qualifier}`;
}

export function isVersionNumber(qualifier: string): boolean {
  return /^[0-9]+$/.test(qualifier);
}

/** A number, or `$LATEST.PUBLISHED`: what publishing makes. */
export function isPublishedVersion(qualifier: string): boolean {
  return qualifier === LATEST_PUBLISHED || isVersionNumber(qualifier);
}

export function layerArn(place: Place, layerName: string): string {
  return `arn:${partitionOf(place.region)}:lambda:${place.region}:${place.accountId}:layer:${layerName}`;
}

export interface LayerReference extends Place {
  readonly layerName: string;
  readonly version: number | undefined;
}

const LAYER_ARN = /^arn:[a-zA-Z-]+:lambda:([a-z0-9-]+):(\d{12}):layer:([a-zA-Z0-9\-_]+)(?::(\d+))?$/;

/** Reads a layer's name or ARN, with or without a version. Undefined when it is neither. */
export function parseLayer(text: string, place: Place): LayerReference | undefined {
  const match = LAYER_ARN.exec(text);
  if (match === null) {
    return /^[a-zA-Z0-9\-_]+$/.test(text) ? { ...place, layerName: text, version: undefined } : undefined;
  }
  const [, region = "", accountId = "", layerName = "", version] = match;
  return { region, accountId, layerName, version: version === undefined ? undefined : Number(version) };
}
