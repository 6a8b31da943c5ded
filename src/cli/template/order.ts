/** Resources in an order in which each comes after all that it refers to; otherwise as the template has them. Pure. */
import { waitsFor } from "./intrinsics.ts";
import { badTemplate } from "./problems.ts";
import type { Resource } from "./resource.ts";

/** Throws a UserError that names the circle where there is one. */
export function inOrder(resources: readonly Resource[], names: ReadonlyMap<string, string>): readonly Resource[] {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const done = new Set<string>();
  const result: Resource[] = [];
  const visit = (resource: Resource, path: readonly string[]): void => {
    if (done.has(resource.id)) return;
    const at = path.indexOf(resource.id);
    if (at >= 0)
      throw badTemplate(`These resources refer to each other: ${[...path.slice(at), resource.id].join(" → ")}.`);
    for (const id of [...resource.dependsOn, ...waitsFor(resource.properties)]) {
      const needed = byId.get(names.get(id) ?? id);
      if (needed !== undefined && needed !== resource) visit(needed, [...path, resource.id]);
    }
    done.add(resource.id);
    result.push(resource);
  };
  for (const resource of resources) visit(resource, []);
  return result;
}
