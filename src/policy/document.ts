/**
 * The form of a document: JSON with the elements that the language knows, each of a type that it may have. What stands in
 * the elements is checked in check-statements.ts.
 */
import { MalformedPolicy } from "./malformed-policy.ts";
import type { PolicyKind } from "./policy.ts";

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

export const syntaxErrors = (): MalformedPolicy => new MalformedPolicy("Syntax errors in policy.");

/** Throws MalformedPolicy for what is no policy document. */
export function readDocument(text: string, kind: PolicyKind): PolicyDocument {
  const document = elementsOf(parseJson(text, kind), ELEMENTS);
  const version = document.get("Version");
  if (!VERSIONS.includes(version)) throw syntaxErrors();
  const given = document.get("Statement");
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw syntaxErrors();
  return {
    id: optionalText(document.get("Id")),
    version: optionalText(version),
    variables: version === CURRENT_VERSION,
    statements: list.map((statement) => readStatement(statement)),
  };
}

function parseJson(text: string, kind: PolicyKind): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw kind === "trust" ? new MalformedPolicy("This policy contains invalid Json") : syntaxErrors();
  }
}

function readStatement(value: unknown): DocumentStatement {
  const statement = elementsOf(value, STATEMENT_ELEMENTS);
  const effect = statement.get("Effect");
  if (typeof effect !== "string" || !["allow", "deny"].includes(effect.toLowerCase())) throw syntaxErrors();
  return {
    sid: optionalText(statement.get("Sid")),
    effect,
    principal: readEither(
      statement,
      "Principal",
      (principal) => readPrincipal(principal),
      (not, entries) => ({ not, entries }),
    ),
    action: readEither(statement, "Action", texts, (not, values) => ({ not, values })),
    resource: readEither(statement, "Resource", texts, (not, values) => ({ not, values })),
    conditions: readConditions(statement.get("Condition")),
  };
}

/** An element or its negation, never both. */
function readEither<Part, Result>(
  statement: Elements,
  name: string,
  read: (value: unknown) => Part,
  make: (not: boolean, part: Part) => Result,
): Result | undefined {
  const negated = `Not${name}`;
  if (statement.has(name) && statement.has(negated)) throw syntaxErrors();
  if (statement.has(name)) return make(false, read(statement.get(name)));
  return statement.has(negated) ? make(true, read(statement.get(negated))) : undefined;
}

function readPrincipal(value: unknown): readonly PrincipalEntry[] {
  if (value === "*") return [{ type: "*", name: "*" }];
  return [...elementsOf(value)].flatMap(([type, names]) => texts(names).map((name) => ({ type, name })));
}

function readConditions(value: unknown): readonly ConditionEntry[] {
  if (value === undefined) return [];
  return [...elementsOf(value)].flatMap(([operator, keys]) =>
    [...elementsOf(keys)].map(([key, values]) => ({ operator, key, values: scalars(values) })),
  );
}

function elementsOf(value: unknown, known?: readonly string[]): Elements {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw syntaxErrors();
  const elements = new Map<string, unknown>(Object.entries(value));
  if (known !== undefined && ![...elements.keys()].every((name) => known.includes(name))) throw syntaxErrors();
  return elements;
}

function optionalText(value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw syntaxErrors();
}

function texts(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((entry) => {
    if (typeof entry !== "string") throw syntaxErrors();
    return entry;
  });
}

/** Values of conditions may also be numbers, true and false. */
function scalars(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((entry) => {
    if (typeof entry === "string") return entry;
    if (typeof entry === "number" || typeof entry === "boolean") return String(entry);
    throw syntaxErrors();
  });
}
