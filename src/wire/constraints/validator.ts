/**
 * Checks decoded input against a service's constraints and collects every violation in AWS's words, in the model's order.
 * Compiled once per operation into closures. A list or map reports all that its elements must satisfy, once, at its own
 * path; structures inside of collections are reported at theirs (`list.1.member.name`).
 */
import { isSparse, isStruct, type ListShape, type MapShape, type Shape, type StructShape } from "../schema/shape.ts";
import { serializationError } from "../service-error.ts";
import { listStyle } from "./deviations.ts";
import { type Fact, factsOf } from "./facts.ts";
import { javaPrint, lowerFirst } from "./java-print.ts";
import type { ConstraintRow, ConstraintTable } from "./table.ts";

export type Validator = (input: unknown) => string[];

/** How values of one shape are checked. */
interface Rule {
  /** What an element of this shape must satisfy, in words. */
  readonly texts: readonly string[];
  /** Whether a value breaks what `texts` say. */
  breaks(value: unknown): boolean;
  /** Adds the violations of the value itself. */
  report(value: unknown, path: string, violations: string[]): void;
  /** Adds the violations of the structures inside of the value. */
  descend?(value: unknown, path: string, violations: string[]): void;
}

const NOT_NULL = "Member must not be null";

/** @throws Error when the table has a pattern that is not understood */
export function compileValidator(
  model: string,
  table: ConstraintTable | undefined,
  operation: string,
  input: Shape,
): Validator {
  const rule = new Compiler(model, table).rule(input, table?.operations[operation]);
  const { descend } = rule ?? {};
  if (!descend) return () => [];
  return (value) => {
    const violations: string[] = [];
    descend(value, "", violations);
    return violations;
  };
}

/** `2 validation errors detected: …; …` */
export function validationMessage(violations: readonly string[]): string {
  const { length } = violations;
  return `${length} validation error${length === 1 ? "" : "s"} detected: ${violations.join("; ")}`;
}

class Compiler {
  readonly #model: string;
  readonly #table: ConstraintTable | undefined;
  readonly #structs = new Map<StructShape, Rule>();

  constructor(model: string, table: ConstraintTable | undefined) {
    this.#model = model;
    this.#table = table;
  }

  /** The rule of a shape; undefined when every value is right. `name` is its row in the table. */
  rule(shape: Shape, name: string | undefined): Rule | undefined {
    const row = this.#row(name);
    if (isStruct(shape)) return this.#structRule(shape, row);
    if (shape.kind === "list") return this.#listRule(shape, name ?? "", row);
    if (shape.kind === "map") return this.#mapRule(shape, row);
    if (!row) return undefined;
    if (row.type === "integer" || row.type === "long") return scalarRule(shape, row, requireInteger(row));
    return scalarRule(shape, row);
  }

  #row(name: string | undefined): ConstraintRow | undefined {
    return name === undefined ? undefined : this.#table?.shapes[name];
  }

  /** Compiled at first use: shapes refer to themselves. */
  #structRule(shape: StructShape, row: ConstraintRow | undefined): Rule {
    const known = this.#structs.get(shape);
    if (known) return known;
    let descend: NonNullable<Rule["descend"]> | undefined;
    const rule: Rule = {
      texts: [],
      breaks: () => false,
      report: () => undefined,
      descend: (value, path, violations) => {
        descend ??= this.#compileStruct(shape, row);
        descend(value, path, violations);
      },
    };
    this.#structs.set(shape, rule);
    return rule;
  }

  #compileStruct(shape: StructShape, row: ConstraintRow | undefined): NonNullable<Rule["descend"]> {
    const members = new Map(shape.members.map((member) => [member.name, member]));
    const rows = row?.members ?? shape.members.map(({ name, required }) => [name, "", required ? 1 : 0] as const);
    const fields = rows.flatMap(([name, target, required]) => {
      const member = members.get(name);
      const rule = member && this.rule(member.shape, target === "" ? undefined : target);
      return rule || required ? [{ name, label: lowerFirst(name), rule, required: required === 1 }] : [];
    });
    return (value, path, violations) => {
      for (const { name, label, rule, required } of fields) {
        const item: unknown = Reflect.get(value as object, name);
        if (item === undefined || item === null) {
          if (required) violations.push(violation("null", join(path, label), NOT_NULL));
        } else if (rule) {
          rule.report(item, join(path, label), violations);
          rule.descend?.(item, join(path, label), violations);
        }
      }
    };
  }

  #listRule(shape: ListShape, name: string, row: ConstraintRow | undefined): Rule {
    const style = listStyle(this.#model, name);
    const element = this.rule(shape.element, row?.element);
    const elements = elementRule(
      shape.element,
      element,
      isSparse(shape),
      !style.elementsNullable && !style.bareElements,
    );
    const words = elements.texts.join(", ");
    const text = style.bareElements ? words : `Member must satisfy constraint: [${words}]`;
    const facts = row ? factsOf(row) : [];
    const every: Fact = { text, holds: (value) => !(value as unknown[]).some(elements.breaks) };
    const own = scalarRule(
      shape,
      row ?? ANY,
      undefined,
      elements.texts.length > 0 ? [...facts, every] : facts,
      this.#row(row?.element),
    );
    const { descend } = elements;
    if (!descend) return own;
    return {
      ...own,
      descend(value, path, violations) {
        (value as unknown[]).forEach((item, index) => {
          descend(item, `${path}.${index + 1}.member`, violations);
        });
      },
    };
  }

  #mapRule(shape: MapShape, row: ConstraintRow | undefined): Rule {
    const values = elementRule(shape.value, this.rule(shape.value, row?.value), isSparse(shape), true);
    const keyRow = this.#row(row?.key);
    const keyFacts = keyRow ? factsOf(keyRow) : [];
    const facts = row ? [...factsOf(row)] : [];
    if (keyFacts.length > 0) {
      const text = `Map keys must satisfy constraint: [${keyFacts.map((fact) => fact.text).join(", ")}]`;
      facts.push({
        text,
        holds: (value) => Object.keys(value as object).every((key) => keyFacts.every((fact) => fact.holds(key))),
      });
    }
    if (values.texts.length > 0) {
      const text = `Map value must satisfy constraint: [${values.texts.join(", ")}]`;
      facts.push({ text, holds: (value) => !Object.values(value as object).some(values.breaks) });
    }
    const own = scalarRule(shape, row ?? ANY, undefined, facts, this.#row(row?.value));
    const { descend } = values;
    if (!descend) return own;
    return {
      ...own,
      descend(value, path, violations) {
        for (const [key, item] of Object.entries(value as object)) descend(item, `${path}.${key}.member`, violations);
      },
    };
  }
}

const ANY: ConstraintRow = { type: "any" };

/** What a collection asks of its elements: structures are visited, everything else is told in words. */
function elementRule(shape: Shape, rule: Rule | undefined, nullable: boolean, saysNotNull: boolean): Rule {
  if (isStruct(shape)) {
    return {
      texts: [],
      breaks: () => false,
      report: () => undefined,
      descend(value, path, violations) {
        if (value !== null && value !== undefined) rule?.descend?.(value, path, violations);
        else if (!nullable) violations.push(violation("null", path, NOT_NULL));
      },
    };
  }
  const texts = [...(rule?.texts ?? []), ...(saysNotNull && !nullable ? [NOT_NULL] : [])];
  const breaks = (value: unknown): boolean =>
    value === null || value === undefined ? !nullable : rule?.breaks(value) === true;
  return { texts, breaks, report: () => undefined, ...(rule?.descend && { descend: rule.descend }) };
}

/** `inner` is the row of a collection's elements: it says how they print. */
function scalarRule(
  shape: Shape,
  row: ConstraintRow,
  precondition: ((value: unknown) => void) | undefined = undefined,
  facts: readonly Fact[] = factsOf(row),
  inner: ConstraintRow | undefined = undefined,
): Rule {
  const isFloating = row.type === "double" || inner?.type === "double";
  const isSensitive = row.sensitive === true || inner?.sensitive === true;
  return {
    texts: facts.map((fact) => fact.text),
    breaks: (value) => {
      precondition?.(value);
      return facts.some((fact) => !fact.holds(value));
    },
    report(value, path, violations) {
      precondition?.(value);
      for (const fact of facts) {
        if (fact.holds(value)) continue;
        violations.push(
          violation(isSensitive ? undefined : `'${javaPrint(shape, value, isFloating)}'`, path, fact.text),
        );
      }
    },
  };
}

/** The schemas say "number" where the models say integer or long; a fraction there is a value of the wrong type. */
function requireInteger(row: ConstraintRow): (value: unknown) => void {
  const bound = row.type === "integer" ? 2 ** 31 : 2 ** 63;
  return (value) => {
    if (typeof value !== "number") return;
    if (!Number.isInteger(value) || value >= bound || value < -bound) {
      throw serializationError(`${value} can not be converted to ${row.type === "integer" ? "an Integer" : "a Long"}`);
    }
  };
}

/** `value` is as printed; sensitive values are left out altogether. */
function violation(value: string | undefined, path: string, text: string): string {
  const subject = value === undefined ? "Value" : `Value ${value}`;
  return `${subject} at '${path}' failed to satisfy constraint: ${text}`;
}

function join(path: string, label: string): string {
  return path === "" ? label : `${path}.${label}`;
}
