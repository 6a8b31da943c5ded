/**
 * From a template and its parameters to plain resources whose values wait for nothing but other resources. Pure: the same input
 * gives the same resources, in the same order.
 */
import type { JsonValue } from "../../base/index.ts";
import type { Template } from "./document.ts";
import { evaluate, holds, type Scope } from "./intrinsics.ts";
import { isObject, type JsonObject, listOf, objectOf, textOf } from "./json.ts";
import { type Parameters, type Place, pseudoParameters } from "./parameters.ts";
import { badTemplate } from "./problems.ts";
import type { Notice, Resource } from "./resource.ts";
import { expandSam } from "./sam/expand.ts";

export interface Model {
  readonly resources: readonly Resource[];
  /** Resources of types that are not deployed. */
  readonly absent: ReadonlyMap<string, Resource>;
  /** Other names of resources, such as SAM's `Hello.Alias`. */
  readonly names: ReadonlyMap<string, string>;
  readonly outputs: readonly Output[];
}

export interface Output {
  readonly name: string;
  readonly description: string;
  readonly value: JsonValue;
}

export interface ModelOptions {
  readonly parameters: Parameters;
  readonly place: Place;
  readonly isDeployed: (type: string) => boolean;
  managedPolicy(name: string): string;
  readonly notice: Notice;
}

export function modelOf(template: Template, options: ModelOptions): Model {
  const { place, notice } = options;
  const scope = templateScope(template, options);
  const kept = Object.entries(template.resources).filter(([, value]) => {
    const condition = textOf(objectOf(value)["Condition"]);
    return condition === undefined || scope.condition(condition);
  });
  const written = kept.map(([id, value]) => resourceOf(id, objectOf(value), scope));
  const pseudo = pseudoParameters(place);
  const expanded = expandSam(
    written,
    objectOf(evaluate(template.globals, scope)),
    {
      region: place.region,
      account: place.account,
      partition: String(pseudo.get("AWS::Partition")),
      managedPolicy: options.managedPolicy,
    },
    notice,
  );
  const outputs = Object.entries(template.outputs).flatMap(([name, value]): Output[] => {
    const output = objectOf(value);
    const condition = textOf(output["Condition"]);
    if (condition !== undefined && !scope.condition(condition)) return [];
    const evaluated = evaluate(output["Value"] ?? "", scope);
    return evaluated === undefined
      ? []
      : [{ name, description: textOf(output["Description"]) ?? "", value: evaluated }];
  });
  for (const section of template.ignored) notice(`the section ${section} has no effect`);
  return {
    resources: expanded.resources.filter(({ type }) => options.isDeployed(type)),
    absent: new Map(expanded.resources.filter(({ type }) => !options.isDeployed(type)).map((one) => [one.id, one])),
    names: expanded.names,
    outputs,
  };
}

const RESOURCE_MEMBERS = [
  "Type",
  "Properties",
  "Condition",
  "DependsOn",
  "DeletionPolicy",
  "UpdateReplacePolicy",
  "Metadata",
];

function resourceOf(id: string, value: JsonObject, scope: Scope): Resource {
  const unknown = Object.keys(value).find((name) => !RESOURCE_MEMBERS.includes(name));
  if (unknown !== undefined) throw badTemplate(`Resource ${id} has a member ${unknown}.`);
  return {
    id,
    type: textOf(value["Type"]) ?? "",
    properties: objectOf(evaluate(objectOf(value["Properties"]), scope)),
    dependsOn: listOf(value["DependsOn"]).map(String),
    retain: (textOf(value["DeletionPolicy"]) ?? "").startsWith("Retain"),
  };
}

function templateScope(template: Template, { parameters, place }: ModelOptions): Scope {
  const pseudo = pseudoParameters(place);
  const known = new Map<string, boolean>();
  const deciding = new Set<string>();
  const scope: Scope = {
    mappings: template.mappings,
    parameter: (name) => parameters.values.get(name) ?? pseudo.get(name),
    condition(name) {
      const before = known.get(name);
      if (before !== undefined) return before;
      const expression = template.conditions[name];
      if (expression === undefined) throw badTemplate(`There is no condition ${name}.`);
      if (deciding.has(name)) throw badTemplate(`The condition ${name} refers to itself.`);
      deciding.add(name);
      const result = holds(expression, scope);
      known.set(name, result);
      return result;
    },
    resource(id) {
      const [owner = ""] = id.split(".");
      const isMade = Object.keys(template.resources).some(
        (written) => owner.startsWith(written) && isObject(template.resources[written]),
      );
      if (isMade || owner.startsWith("Serverless")) return undefined;
      throw badTemplate(`Nothing in the template is called ${id}.`, "correct the reference");
    },
  };
  return scope;
}
