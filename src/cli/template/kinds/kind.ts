/**
 * What a resource type is to the plan: how its properties look, what it is now, and how it is made, changed and removed through the
 * public API. One file per type; a type knows no other one, and no template.
 */
import type { IamAccess, LambdaAccess, LogsAccess } from "../../clients.ts";
import type { JsonObject } from "../json.ts";
import type { Codes } from "../packages.ts";
import type { Place } from "../parameters.ts";
import type { ShapeMembers } from "../shape.ts";

export interface Tools {
  readonly lambda: LambdaAccess;
  readonly iam: IamAccess;
  readonly logs: LogsAccess;
  readonly codes: Codes;
  readonly signal: AbortSignal;
}

/** Whose resource it is: the stack and the logical id in it. */
export interface Subject {
  readonly id: string;
  readonly place: Place;
}

/** A resource as it is on the server. */
export interface Live {
  /** By which it is found again. */
  readonly physicalId: string;
  /** In the template's terms. */
  readonly properties: JsonObject;
  readonly attributes: Attributes;
}

/** What references get: Ref, and each attribute of GetAtt. */
export type Attributes = { readonly Ref: string } & Readonly<Record<string, string>>;

export interface Kind {
  readonly shape: ShapeMembers;
  readonly required: readonly string[];
  /** What holds where the template says nothing. */
  readonly defaults: JsonObject;
  /** Properties whose change makes another resource. */
  readonly replacing: readonly string[];
  /** Properties that must be equal; of the others the server may say more than the template. */
  readonly exact: readonly string[];
  /** How it will be found and referred to, as far as that is known before it exists. */
  predict(desired: JsonObject, subject: Subject): { readonly physicalId?: string; readonly attributes?: Attributes };
  /** Undefined where it does not exist. */
  read(tools: Tools, physicalId: string, desired: JsonObject, subject: Subject): Promise<Live | undefined>;
  create(tools: Tools, desired: JsonObject, subject: Subject): Promise<Live>;
  /** `changed`: names of properties that differ. */
  update(tools: Tools, live: Live, desired: JsonObject, changed: ReadonlySet<string>, subject: Subject): Promise<Live>;
  /** What is gone already is no error. */
  remove(tools: Tools, physicalId: string): Promise<void>;
}

/** `STACK-ID`, cut so that it fits: where AWS adds random letters, the name says whose it is and stays. */
export function defaultName({ id, place }: Subject, longest: number): string {
  const name = `${place.stack}-${id}`;
  return name.length <= longest ? name : name.slice(-longest).replace(/^-+/, "");
}

/** Tags by which a person sees where a resource comes from. */
export function ownTags({ id, place }: Subject): Readonly<Record<string, string>> {
  return { "lambent:stack": place.stack, "lambent:logical-id": id };
}

/** CloudFormation writes tags as a list, Lambda takes a map. */
export function tagsOf(list: JsonObject[string] | undefined): Readonly<Record<string, string>> {
  if (!Array.isArray(list)) return {};
  return Object.fromEntries(list.map((tag) => [String(tag?.Key), String(tag?.Value)]));
}

/** The server checks every member against its model and names what is wrong, so nothing is checked here. */
export function input<T>(members: JsonObject & object): T {
  return members as T;
}

/** The answer, or undefined where AWS says that there is no such thing. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && MISSING.includes(error.name)) return undefined;
    throw error;
  }
}

const MISSING = ["ResourceNotFoundException", "NoSuchEntityException", "NoSuchEntity"];
