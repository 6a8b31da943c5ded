/**
 * The plan: what each resource needs so that the server has what the template says. Only reads. A resource is known by what the
 * stack's journal says was made, and compared with what is on the server now, so changes by other hands are seen.
 */
import { UserError } from "../../base/index.ts";
import { type Difference, differencesIn } from "./differences.ts";
import type { Entry, Journal } from "./journal.ts";
import { isObject, type JsonObject, textOf } from "./json.ts";
import type { Kind, Live, Subject, Tools } from "./kinds/kind.ts";
import { kinds } from "./kinds/kinds.ts";
import type { Model } from "./model.ts";
import { inOrder } from "./order.ts";
import type { Packages } from "./packages.ts";
import type { Place } from "./parameters.ts";
import { badTemplate } from "./problems.ts";
import { REAL, type References } from "./references.ts";
import type { Notice, Resource } from "./resource.ts";
import { shaped } from "./shape.ts";

export type Step =
  | { readonly action: "add"; readonly resource: Resource }
  | { readonly action: "keep"; readonly resource: Resource; readonly live: Live }
  | {
      readonly action: "change" | "replace";
      readonly resource: Resource;
      readonly live: Live;
      readonly differences: readonly Difference[];
    }
  /** `forget`: it stays on the server, by the template's DeletionPolicy. */
  | { readonly action: "remove"; readonly entry: Entry }
  | { readonly action: "forget"; readonly entry: Entry };

export interface Planning {
  readonly model: Model;
  readonly place: Place;
  readonly packages: Packages;
  readonly references: References;
  readonly journal: Journal;
  readonly tools: Tools;
  readonly notice: Notice;
}

/** In the order in which the steps are taken. */
export async function planOf(planning: Planning): Promise<readonly Step[]> {
  const { model, journal } = planning;
  const steps: Step[] = [];
  for (const resource of inOrder(model.resources, model.names)) steps.push(await stepOf(resource, planning));
  const ids = new Set(model.resources.map(({ id }) => id));
  return [...steps, ...removals(journal.entries.filter(({ id }) => !ids.has(id)))];
}

/** The last that was made goes first. */
export function removals(entries: readonly Entry[]): readonly Step[] {
  return entries.toReversed().map((entry): Step => ({ action: entry.retain ? "forget" : "remove", entry }));
}

export function kindOf(type: string): Kind {
  const kind = kinds.get(type);
  if (kind === undefined) throw new Error(`${type} is no kind of resource`);
  return kind;
}

/** Its properties as they will be sent, as far as they are known now. */
export async function desiredOf(resource: Resource, planning: Planning, notice: Notice): Promise<JsonObject> {
  const { references, packages } = planning;
  const kind = kindOf(resource.type);
  const resolved: Record<string, JsonObject[string]> = { ...references.resolve(resource.properties, resource.id) };
  for (const member of ["Code", "Content"]) {
    const code = resolved[member];
    if (code === undefined) continue;
    resolved[member] = await packages.idOf(code, resource.id, {
      isLayer: member === "Content",
      runtime: textOf(resolved["Runtime"]),
    });
  }
  if (resource.type === "AWS::Lambda::Function") resolved["Tags"] = tagMap(resolved["Tags"]);
  const missing = kind.required.find((name) => resolved[name] === undefined);
  if (missing !== undefined) throw badTemplate(`${resource.id} (${resource.type}) needs ${missing}.`);
  const known = shaped(resolved, kind.shape, resource.id, (path) => notice(`${path} has no effect: it is not known`));
  return { ...kind.defaults, ...known };
}

async function stepOf(resource: Resource, planning: Planning): Promise<Step> {
  const { place, references, journal, tools, notice } = planning;
  const kind = kindOf(resource.type);
  const subject: Subject = { id: resource.id, place };
  const desired = await desiredOf(resource, planning, notice);
  const predicted = kind.predict(desired, subject);
  const entry = journal.entries.find(({ id, type }) => id === resource.id && type === resource.type);
  const physicalId = entry?.physicalId ?? predicted.physicalId;
  const live = physicalId === undefined ? undefined : await kind.read(tools, physicalId, desired, subject);
  if (live === undefined) {
    if (predicted.attributes !== undefined) references.known.set(resource.id, predicted.attributes);
    return { action: "add", resource };
  }
  if (entry === undefined && OWNED.includes(resource.type)) throw taken(resource, live, place);
  const differences = differencesIn(desired, live.properties, kind.exact);
  const changed = namesIn(differences);
  const isOther = predicted.physicalId !== undefined && predicted.physicalId !== live.physicalId;
  if (isOther || kind.replacing.some((name) => changed.has(name))) {
    if (predicted.attributes !== undefined) references.known.set(resource.id, predicted.attributes);
    return { action: "replace", resource, live, differences };
  }
  references.known.set(resource.id, { ...live.attributes, [REAL]: "" });
  return differences.length === 0
    ? { action: "keep", resource, live }
    : { action: "change", resource, live, differences };
}

/** Names of properties that differ. */
export function namesIn(differences: readonly Difference[]): ReadonlySet<string> {
  return new Set(differences.map(({ path }) => path.split(".")[0] ?? path));
}

/** Somebody else's are never taken over. */
const OWNED = ["AWS::Lambda::Function", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"];

function taken(resource: Resource, live: Live, place: Place): UserError {
  return new UserError(
    "stack-conflict",
    `${resource.id} is called ${live.physicalId}, and there is one that the stack ${place.stack} did not make.`,
    { nextStep: "remove it, give it another name, or name its stack with --stack" },
  );
}

function tagMap(tags: JsonObject[string] | undefined): JsonObject {
  if (isObject(tags)) return tags;
  if (!Array.isArray(tags)) return {};
  return Object.fromEntries(tags.map((tag) => [String(tag?.Key), String(tag?.Value)]));
}
