/**
 * Requests of a rest-json service as a hostile client makes them: each member of an operation's input left out, well-typed and
 * likely, at a bound of its constraints, or of a wrong type. A pure function of the numbers that it draws.
 */
import { type ConstraintRow, type ConstraintTable, loadConstraintTable } from "../constraints/table.ts";
import { type OperationModel, readServiceModel } from "../schema/service-model.ts";
import { isStruct, type Member, type Shape } from "../schema/shape.ts";
import type { ClientModule } from "../types.ts";

/** A whole number from 0 up to, and without, `below`. */
export type Draw = (below: number) => number;

/** Values that lead somewhere, by the member's name. */
export type LikelyValues = Readonly<Record<string, readonly unknown[]>>;

export interface HostileRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface HostileService {
  readonly operations: readonly string[];
  /** Codes of the exceptions that the model has. */
  readonly errors: ReadonlySet<string>;
  request(operation: string, draw: Draw): HostileRequest;
}

const DEPTH_MAX = 6;
const ODD = [
  "",
  " ",
  "\u0000",
  "é",
  "💥",
  "%",
  "..",
  "a/b",
  "__proto__",
  "-1",
  "1e999",
  "null",
  "$LATEST",
  "x".repeat(300),
];
const WRONG: readonly unknown[] = ["text", 7, -1.5, true, null, [], [[]], {}, { a: {} }, 2 ** 40];

export async function hostileService(
  module: ClientModule,
  model: string,
  likely: LikelyValues,
): Promise<HostileService> {
  const { operations, errors } = readServiceModel(module);
  const table = await loadConstraintTable(model);
  if (table === undefined) throw new Error(`no constraints of ${model}`);
  return {
    operations: [...operations.keys()].sort(),
    errors: new Set(errors.keys()),
    request(name, draw) {
      const operation = operations.get(name);
      if (operation === undefined) throw new Error(`no operation ${name}`);
      return requestOf(operation, new Generator(table, likely, draw));
    },
  };
}

class Generator {
  readonly #table: ConstraintTable;
  readonly #likely: LikelyValues;
  readonly draw: Draw;
  /** Of ten optional members, how many are left out: requests with few members are those that get far. */
  readonly #sparseness: number;

  constructor(table: ConstraintTable, likely: LikelyValues, draw: Draw) {
    this.#table = table;
    this.#likely = likely;
    this.draw = draw;
    this.#sparseness = this.#pick([1, 5, 8, 9, 9]);
  }

  rowOf(operation: string): ConstraintRow | undefined {
    return this.#row(this.#table.operations[operation]);
  }

  /** The value of a member, or undefined when it is left out. `row` belongs to the structure that it is in. */
  member(member: Member, row: ConstraintRow | undefined, depth: number): unknown {
    const { draw } = this;
    if (member.required ? draw(20) === 0 : draw(10) < this.#sparseness) return draw(20) === 0 ? null : undefined;
    const target = row?.members?.find(([name]) => name === member.name)?.[1];
    return this.#value(member.shape, this.#row(target), member.name, depth);
  }

  #row(name: string | undefined): ConstraintRow | undefined {
    return name === undefined || name === "" ? undefined : this.#table.shapes[name];
  }

  #value(shape: Shape, row: ConstraintRow | undefined, name: string, depth: number): unknown {
    const { draw } = this;
    if (draw(25) === 0) return this.#pick(WRONG);
    const likely = this.#likely[name];
    if (likely !== undefined && draw(8) > 0) return this.#pick(likely);
    if (isStruct(shape)) {
      if (depth > DEPTH_MAX) return {};
      const entries = shape.members.map((member) => [member.name, this.member(member, row, depth + 1)] as const);
      return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    }
    switch (shape.kind) {
      case "list": {
        const count = this.#pick([0, 1, 1, 2, row?.max ?? 3, (row?.max ?? 3) + 1].filter((size) => size < 60));
        const element = this.#row(row?.element);
        return Array.from({ length: count }, () => this.#value(shape.element, element, `${name}[]`, depth + 1));
      }
      case "map": {
        const keys = Array.from({ length: draw(4) }, () => this.#text(this.#row(row?.key)));
        return Object.fromEntries(
          keys.map((key) => [key, this.#value(shape.value, this.#row(row?.value), `${name}{}`, depth + 1)]),
        );
      }
      case "number":
        return this.#pick([row?.min ?? 0, row?.max ?? 100, (row?.min ?? 0) - 1, (row?.max ?? 100) + 1, 1, 2, 3, 1.5]);
      case "boolean":
        return draw(2) === 0;
      case "timestamp":
        return this.#pick([0, 1_764_000_000, -1, 1e15, "2026-01-01T00:00:00Z", "yesterday"]);
      case "blob":
        return this.#pick(["", "e30=", "UEsDBA==", "no base64!", '{"a":1}']);
      default:
        return this.#text(row);
    }
  }

  #text(row: ConstraintRow | undefined): string {
    const { draw } = this;
    if (row?.enum !== undefined && draw(6) > 0) return this.#pick(row.enum);
    const { min = 0, max = 64 } = row ?? {};
    const lengths = [min, Math.min(max, 2_000), min - 1, Math.min(max, 2_000) + 1, 5].filter((length) => length >= 0);
    return draw(3) === 0 ? this.#pick(ODD) : "a1-_".repeat(600).slice(0, this.#pick(lengths));
  }

  #pick<T>(values: readonly T[]): T {
    const value = values[this.draw(values.length)];
    if (value === undefined) throw new Error("nothing to choose from");
    return value;
  }
}

function requestOf({ name, input, traits }: OperationModel, generator: Generator): HostileRequest {
  const [method = "POST", template = "/"] = traits.http ?? [];
  let path = String(template);
  const query: string[] = [];
  const headers: Record<string, string> = {};
  const document: Record<string, unknown> = {};
  let body: string | undefined;
  let hasDocument = false;
  const row = generator.rowOf(name);
  for (const member of isStruct(input) ? input.members : []) {
    const value = generator.member(member, row, 0);
    const { httpLabel, httpQuery, httpHeader, httpPayload } = member.traits;
    const text = typeof value === "string" ? value : JSON.stringify(value ?? "");
    if (httpLabel) path = path.replace(new RegExp(`\\{${member.name}\\+?\\}`), encodeURIComponent(plain(text) || "x"));
    else if (value === undefined) continue;
    else if (httpQuery !== undefined) {
      for (const item of Array.isArray(value) ? value : [text])
        query.push(`${httpQuery}=${encodeURIComponent(plain(String(item)))}`);
    } else if (httpHeader !== undefined) headers[httpHeader] = plain(text).replace(/[^\x20-\x7e]/g, "?");
    else if (httpPayload) body = text;
    else {
      document[member.name] = value;
      hasDocument = true;
    }
  }
  if (query.length > 0) path += `${path.includes("?") ? "&" : "?"}${query.join("&")}`;
  if (body === undefined && (hasDocument || method !== "GET")) body = JSON.stringify(document);
  return { operation: name, method: String(method), path, headers, body: method === "GET" ? undefined : body };
}

/** Lone surrogates cannot be written into a URL. */
function plain(text: string): string {
  return text.toWellFormed();
}
