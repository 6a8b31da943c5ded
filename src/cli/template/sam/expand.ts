/** SAM's transform: resources of AWS::Serverless become plain ones; all others pass as they are. Pure, and knows no server. */
import { defined, type JsonObject } from "../json.ts";
import type { Notice, Resource } from "../resource.ts";
import { expandFunction, localOrS3 } from "./function.ts";
import { globalsByType, withGlobals } from "./globals.ts";
import type { Surroundings } from "./role.ts";

export interface Expanded {
  readonly resources: readonly Resource[];
  /** Names that references may use beside logical ids, and the logical ids that they mean. */
  readonly names: ReadonlyMap<string, string>;
}

export function expandSam(
  resources: readonly Resource[],
  globals: JsonObject,
  around: Surroundings,
  notice: Notice,
): Expanded {
  const general = globalsByType(globals, notice);
  const names = new Map<string, string>();
  const expanded = resources.flatMap((given): readonly Resource[] => {
    const resource = { ...given, properties: withGlobals(general.get(given.type), given.properties) };
    if (resource.type === "AWS::Serverless::LayerVersion") return [layer(resource)];
    if (resource.type !== "AWS::Serverless::Function") return [resource];
    const { resources: made, names: known } = expandFunction(resource, around, notice);
    for (const [name, id] of Object.entries(known)) names.set(name, id);
    return made;
  });
  return { resources: expanded, names };
}

/** SAM keeps versions of layers unless it is told otherwise. */
function layer(resource: Resource): Resource {
  const { ContentUri: content, RetentionPolicy: retention, LayerName: name, ...settings } = resource.properties;
  return {
    ...resource,
    type: "AWS::Lambda::LayerVersion",
    retain: retention !== "Delete",
    properties: defined({
      ...settings,
      LayerName: name ?? resource.id,
      Content: content === undefined ? { Local: "." } : localOrS3(resource.id, content),
    }),
  };
}
