/**
 * The form of a document: JSON with the elements that the language knows, each of a type that it may have. What stands in
 * the elements is checked in check-statements.ts.
 */
import { MalformedPolicy } from "./malformed-policy.ts";
import type { PolicyKind } from "./policy.ts";
import { type Words, wordsOf } from "./words.ts";

export interface ConditionEntry {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** An element or its negation. */
export interface Element {
  readonly not: boolean;
  readonly values: readonly string[];
}

/** A principal's type, such as `AWS` or `Service`, and its name; type `*` is everybody. */
export interface PrincipalEntry {
  readonly type: string;
  readonly name: string;
}

export interface DocumentStatement {
  readonly sid: string | undefined;
  /** `Allow` and `Deny` are checked later: IAM looks at the version before. */
  readonly effect: string;
  readonly principal: { readonly not: boolean; readonly entries: readonly PrincipalEntry[] } | undefined;
  readonly action: Element | undefined;
  readonly resource: Element | undefined;
  readonly conditions: readonly ConditionEntry[];
}

export interface PolicyDocument {
  readonly id: string | undefined;
  readonly version: string | undefined;
  /** Whether the version has policy variables. */
  readonly variables: boolean;
  readonly statements: readonly DocumentStatement[];
}

export const CURRENT_VERSION = "2012-10-17";
const VERSIONS: readonly unknown[] = [CURRENT_VERSION, "2008-10-17", undefined];
const ELEMENTS = ["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

type Elements = ReadonlyMap<string, unknown>;

/** Throws MalformedPolicy for what is no policy document. */
export function readDocument(text: string, kind: PolicyKind): PolicyDocument {
  return new Reader(wordsOf(kind)).document(text);
}

class Reader {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  document(text: string): PolicyDocument {
    const value = this.#json(text);
    if (!isObject(value)) throw new MalformedPolicy(this.#words.notPolicy(value));
    const document = this.#known(value, ELEMENTS);
    const version = document.get("Version");
    if (!VERSIONS.includes(version)) throw new MalformedPolicy(this.#words.version);
    const given = document.get("Statement");
    if (given === undefined) throw new MalformedPolicy(this.#words.noStatement);
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (list.length === 0) throw new MalformedPolicy(this.#words.emptyStatement);
    return {
      id: this.#optionalText(document.get("Id")),
      version: this.#optionalText(version),
      variables: version === CURRENT_VERSION,
      statements: list.map((statement) => this.#statement(statement)),
    };
  }

  #json(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      if (error instanceof SyntaxError) throw new MalformedPolicy(this.#words.notJson);
      throw error;
    }
  }

  #statement(value: unknown): DocumentStatement {
    if (!isObject(value)) throw this.#syntax();
    const statement = this.#known(value, STATEMENT_ELEMENTS);
    const effect = statement.get("Effect");
    if (effect === undefined) throw new MalformedPolicy(this.#words.noEffect);
    if (typeof effect !== "string") throw this.#syntax();
    const texts = (given: unknown): readonly string[] => this.#texts(given);
    return {
      sid: this.#optionalText(statement.get("Sid")),
      effect,
      principal: this.#either(
        statement,
        "Principal",
        (given) => this.#principals(given),
        (not, entries) => ({ not, entries }),
      ),
      action: this.#either(statement, "Action", texts, (not, values) => ({ not, values })),
      resource: this.#either(statement, "Resource", texts, (not, values) => ({ not, values })),
      conditions: this.#conditions(statement.get("Condition")),
    };
  }

  /** An element or its negation, never both. */
  #either<Part, Result>(
    statement: Elements,
    name: string,
    read: (value: unknown) => Part,
    make: (not: boolean, part: Part) => Result,
  ): Result | undefined {
    const negated = `Not${name}`;
    if (statement.has(name) && statement.has(negated)) throw new MalformedPolicy(this.#words.twice(name));
    if (statement.has(name)) return make(false, read(statement.get(name)));
    return statement.has(negated) ? make(true, read(statement.get(negated))) : undefined;
  }

  #principals(value: unknown): readonly PrincipalEntry[] {
    if (value === "*") return [{ type: "*", name: "*" }];
    return [...this.#elements(value)].flatMap(([type, names]) => this.#texts(names).map((name) => ({ type, name })));
  }

  #conditions(value: unknown): readonly ConditionEntry[] {
    if (value === undefined) return [];
    return [...this.#elements(value)].flatMap(([operator, keys]) =>
      [...this.#elements(keys)].map(([key, values]) => ({ operator, key, values: this.#scalars(values) })),
    );
  }

  #known(value: object, names: readonly string[]): Elements {
    const elements = this.#elements(value);
    const unknown = [...elements.keys()].find((name) => !names.includes(name));
    if (unknown !== undefined) throw new MalformedPolicy(this.#words.unknownField(unknown));
    return elements;
  }

  #elements(value: unknown): Elements {
    if (!isObject(value)) throw this.#syntax();
    return new Map<string, unknown>(Object.entries(value));
  }

  #optionalText(value: unknown): string | undefined {
    if (value === undefined || typeof value === "string") return value;
    throw this.#syntax();
  }

  #texts(value: unknown): readonly string[] {
    return listOf(value).map((entry) => {
      if (typeof entry !== "string") throw this.#syntax();
      return entry;
    });
  }

  /** Values of conditions may also be numbers, true and false. */
  #scalars(value: unknown): readonly string[] {
    return listOf(value).map((entry) => {
      if (typeof entry === "string") return entry;
      if (typeof entry === "number" || typeof entry === "boolean") return String(entry);
      throw this.#syntax();
    });
  }

  #syntax(): MalformedPolicy {
    return new MalformedPolicy(this.#words.syntax);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
