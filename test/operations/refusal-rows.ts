/** Which operation each row of the refusal tables is about, by matching its request with the routes of Lambda's model. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { OperationModel } from "../../src/wire/schema/service-model.ts";
import type { Row } from "../fidelity/support/refusal.ts";

const FOLDER = join(import.meta.dirname, "../fidelity/refusals");

/** Conditions by operation, in the order of the tables. Throws for a row whose request is of no operation. */
export async function refusalsByOperation(
  operations: readonly OperationModel[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const routes = operations.map(routeOf).sort((a, b) => b.fixed - a.fixed);
  const conditions = new Map<string, string[]>();
  for (const [when, [method, path]] of await readRows()) {
    const [bare = ""] = path.split("?");
    const route = routes.find((candidate) => candidate.method === method && candidate.pattern.test(bare));
    if (route === undefined) throw new Error(`the row "${when}" is of no operation: ${method} ${path}`);
    conditions.set(route.name, [...(conditions.get(route.name) ?? []), when]);
  }
  return conditions;
}

interface Route {
  readonly name: string;
  readonly method: string;
  readonly pattern: RegExp;
  /** Characters that are no labels: of two routes that match, the longer is meant. */
  readonly fixed: number;
}

function routeOf({ name, traits }: OperationModel): Route {
  const [method, template] = traits.http ?? [];
  const [path = ""] = String(template).split("?");
  const literals = path.replace(/\/$/, "").split(/\{[^}]*\}/);
  const escaped = literals.map((literal) => literal.replace(/[.*+?^$()|[\]\\]/g, "\\$&"));
  return {
    name,
    method: String(method),
    pattern: new RegExp(`^${escaped.join("[^/]+")}/?$`),
    fixed: literals.join("").length,
  };
}

async function readRows(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const file of readdirSync(FOLDER).sort()) {
    const tables: Readonly<Record<string, unknown>> = await import(join(FOLDER, file));
    for (const table of Object.values(tables)) if (isTable(table)) rows.push(...table);
  }
  return rows;
}

function isTable(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.every((row) => Array.isArray(row) && row.length === 5);
}
