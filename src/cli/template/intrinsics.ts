/**
 * CloudFormation's functions, evaluated as far as the scope knows: parameters, mappings and conditions at once, references to
 * resources as soon as those exist. What is not known yet stays as it stands, so evaluating again later goes on from there.
 * Pure: the same template and scope always give the same value.
 */
import type { JsonValue } from "../../base/index.ts";
import { isList, isObject, type JsonObject, textOf } from "./json.ts";
import { badTemplate, unsupported } from "./problems.ts";

export interface Scope {
  readonly mappings: JsonObject;
  /** A parameter's or pseudo parameter's value; undefined where there is none of this name. */
  parameter(name: string): JsonValue | undefined;
  condition(name: string): boolean;
  /** What Ref (no attribute) or GetAtt gives; undefined while it is not known. Throws for what is no resource. */
  resource(id: string, attribute: string | undefined): JsonValue | undefined;
}

/** Stands for AWS::NoValue: whoever holds it leaves it out. */
type Evaluated = JsonValue | undefined;
type Fn = (argument: JsonValue, scope: Scope) => Evaluated;

export function evaluate(value: JsonValue, scope: Scope): Evaluated {
  if (isList(value)) return value.flatMap((item) => wrapped(evaluate(item, scope)));
  if (!isObject(value)) return plainText(value);
  const [name, ...others] = Object.keys(value);
  const argument = name === undefined ? undefined : value[name];
  if (name !== undefined && argument !== undefined && others.length === 0) {
    if (name === "Ref") return reference(argument, scope);
    const run = FUNCTIONS.get(name);
    if (run !== undefined) return run(argument, scope);
    if (name.startsWith("Fn::")) throw unsupported(name, "write its value into the template");
  }
  const result: Record<string, JsonValue> = {};
  for (const [key, member] of Object.entries(value)) {
    const evaluated = evaluate(member, scope);
    if (evaluated !== undefined) result[key] = evaluated;
  }
  return result;
}

/** Of an evaluated value: which resources it still waits for. */
export function waitsFor(value: JsonValue | undefined): readonly string[] {
  if (isList(value)) return value.flatMap(waitsFor);
  if (!isObject(value)) return [];
  const ref = pendingReference(value);
  return ref === undefined ? Object.values(value).flatMap(waitsFor) : [ref.id];
}

/** The reference that a value is, where it is one that waits for its resource. */
export function pendingReference(
  value: JsonValue | undefined,
): { readonly id: string; readonly attribute: string | undefined } | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  const id = textOf(value["Ref"]);
  if (id !== undefined) return { id, attribute: undefined };
  const parts = value["Fn::GetAtt"];
  const [of, attribute] = isList(parts) ? parts : [];
  return typeof of === "string" && typeof attribute === "string" ? { id: of, attribute } : undefined;
}

/** Whether a condition's expression holds. */
export function holds(expression: JsonValue, scope: Scope): boolean {
  if (isObject(expression)) {
    const named = textOf(expression["Condition"]);
    if (named !== undefined) return scope.condition(named);
  }
  const value = evaluate(expression, scope);
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw badTemplate(`A condition is neither true nor false: ${JSON.stringify(expression)}.`);
}

const FUNCTIONS: ReadonlyMap<string, Fn> = new Map<string, Fn>([
  ["Fn::GetAtt", getAtt],
  ["Fn::Sub", substitute],
  ["Fn::Join", join],
  ["Fn::Split", split],
  ["Fn::Select", select],
  ["Fn::FindInMap", findInMap],
  ["Fn::If", choose],
  ["Fn::Equals", (argument, scope) => equals(argument, scope)],
  ["Fn::Not", (argument, scope) => !holds(arguments_("Fn::Not", argument, 1)[0] ?? null, scope)],
  ["Fn::And", (argument, scope) => arguments_("Fn::And", argument, 2).every((item) => holds(item, scope))],
  ["Fn::Or", (argument, scope) => arguments_("Fn::Or", argument, 2).some((item) => holds(item, scope))],
  [
    "Fn::Base64",
    (argument, scope) => onText("Fn::Base64", argument, scope, (text) => Buffer.from(text).toString("base64")),
  ],
  ["Fn::ToJsonString", toJsonString],
  ["Fn::GetAZs", (_, scope) => ["a", "b", "c"].map((zone) => `${String(scope.parameter("AWS::Region"))}${zone}`)],
  ["Fn::ImportValue", importValue],
]);

function importValue(argument: JsonValue): never {
  throw unsupported(
    `Fn::ImportValue (${JSON.stringify(argument)})`,
    "make it a parameter, and give it with --parameter",
  );
}

function reference(argument: JsonValue, scope: Scope): Evaluated {
  if (typeof argument !== "string") throw badTemplate(`Ref takes a name, not ${JSON.stringify(argument)}.`);
  if (argument === "AWS::NoValue") return undefined;
  const value = scope.parameter(argument);
  if (value !== undefined) return value;
  if (argument.startsWith("AWS::")) throw badTemplate(`There is no pseudo parameter ${argument}.`);
  return scope.resource(argument, undefined) ?? { Ref: argument };
}

function getAtt(argument: JsonValue, scope: Scope): Evaluated {
  const whole = typeof argument === "string" ? argument.split(".") : undefined;
  const parts = whole === undefined ? argument : [whole[0] ?? "", whole.slice(1).join(".")];
  const [id, attribute] = isList(parts) ? parts.map((part) => evaluate(part, scope)) : [];
  if (typeof id !== "string" || typeof attribute !== "string" || attribute === "") {
    throw badTemplate(`Fn::GetAtt takes a resource and an attribute, not ${JSON.stringify(argument)}.`);
  }
  return scope.resource(id, attribute) ?? { "Fn::GetAtt": [id, attribute] };
}

function substitute(argument: JsonValue, scope: Scope): Evaluated {
  const [pattern, names] = isList(argument) ? argument : [argument];
  if (typeof pattern !== "string" || (names !== undefined && !isObject(names))) {
    throw badTemplate(`Fn::Sub takes a text, or a text and a map, not ${JSON.stringify(argument)}.`);
  }
  const parts = pattern.split(/\$\{([^}]*)\}/).map((part, index): JsonValue => {
    if (index % 2 === 0) return part;
    if (part.startsWith("!")) return `\${${part.slice(1)}}`;
    const name = part.trim();
    const own = isObject(names) ? names[name] : undefined;
    if (own !== undefined) return evaluate(own, scope) ?? "";
    const dot = scope.parameter(name) === undefined ? name.indexOf(".") : -1;
    const value = dot < 0 ? reference(name, scope) : getAtt([name.slice(0, dot), name.slice(dot + 1)], scope);
    return value ?? "";
  });
  return joined("", parts, "Fn::Sub");
}

function join(argument: JsonValue, scope: Scope): Evaluated {
  const [delimiter, list] = arguments_("Fn::Join", argument, 2);
  const items = evaluate(list ?? null, scope);
  if (typeof delimiter !== "string") throw badTemplate("Fn::Join takes a delimiter and a list.");
  if (waitsFor(items).length > 0 && !isList(items)) return { "Fn::Join": [delimiter, items ?? null] };
  if (!isList(items)) throw badTemplate("Fn::Join takes a delimiter and a list.");
  return joined(delimiter, items, "Fn::Join");
}

function joined(delimiter: string, items: readonly JsonValue[], name: string): JsonValue {
  if (items.some((item) => waitsFor(item).length > 0)) return { "Fn::Join": [delimiter, [...items]] };
  return items.map((item) => scalarText(item, name)).join(delimiter);
}

function split(argument: JsonValue, scope: Scope): Evaluated {
  const [delimiter, source] = arguments_("Fn::Split", argument, 2);
  const text = evaluate(source ?? null, scope);
  if (waitsFor(text).length > 0) return { "Fn::Split": [delimiter ?? "", text ?? null] };
  if (typeof delimiter !== "string") throw badTemplate("Fn::Split takes a delimiter and a text.");
  return scalarText(text, "Fn::Split").split(delimiter);
}

function select(argument: JsonValue, scope: Scope): Evaluated {
  const [at, list] = arguments_("Fn::Select", argument, 2).map((item) => evaluate(item, scope));
  if (waitsFor(list).length > 0 && !isList(list)) return { "Fn::Select": [at ?? 0, list ?? null] };
  const found = isList(list) ? list[Number(at)] : undefined;
  if (found !== undefined) return found;
  throw badTemplate(`Fn::Select asks for element ${String(at)}, which the list does not have.`);
}

function findInMap(argument: JsonValue, scope: Scope): Evaluated {
  const [map, top, second, options] = arguments_("Fn::FindInMap", argument, 3);
  const [name, first, last] = [map, top, second].map((key) =>
    scalarText(evaluate(key ?? null, scope), "Fn::FindInMap"),
  );
  const level = scope.mappings[name ?? ""];
  const entry = isObject(level) ? level[first ?? ""] : undefined;
  const found = isObject(entry) ? entry[last ?? ""] : undefined;
  if (found !== undefined) return evaluate(found, scope);
  if (isObject(options) && options["DefaultValue"] !== undefined) return evaluate(options["DefaultValue"], scope);
  throw badTemplate(`Mappings has no ${name}.${first}.${last}.`);
}

function choose(argument: JsonValue, scope: Scope): Evaluated {
  const [name, yes, no] = arguments_("Fn::If", argument, 3);
  if (typeof name !== "string") throw badTemplate("Fn::If takes the name of a condition and two values.");
  return evaluate((scope.condition(name) ? yes : no) ?? null, scope);
}

function equals(argument: JsonValue, scope: Scope): boolean {
  const [left, right] = arguments_("Fn::Equals", argument, 2).map((item) => evaluate(item, scope));
  if (waitsFor(left).length + waitsFor(right).length > 0) {
    throw badTemplate("Conditions may refer to parameters and mappings, not to resources.");
  }
  return isObject(left) || isList(left)
    ? JSON.stringify(left) === JSON.stringify(right)
    : String(left) === String(right);
}

function toJsonString(argument: JsonValue, scope: Scope): Evaluated {
  const value = evaluate(argument, scope);
  return waitsFor(value).length > 0 ? { "Fn::ToJsonString": value ?? null } : JSON.stringify(value);
}

function onText(name: string, argument: JsonValue, scope: Scope, act: (text: string) => string): JsonValue {
  const value = evaluate(argument, scope);
  return waitsFor(value).length > 0 ? { [name]: value ?? null } : act(scalarText(value, name));
}

function scalarText(value: Evaluated, name: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw badTemplate(`${name} needs a text and got ${JSON.stringify(value ?? null)}.`);
}

function arguments_(name: string, argument: JsonValue, least: number): readonly JsonValue[] {
  if (isList(argument) && argument.length >= least) return argument;
  throw badTemplate(`${name} takes a list of ${least}${least === 1 ? " value" : " values"}.`);
}

/** A list in brackets, so that one that is left out leaves nothing. */
function wrapped(value: Evaluated): readonly JsonValue[] {
  return value === undefined ? [] : [value];
}

function plainText(value: JsonValue): JsonValue {
  if (typeof value === "string" && value.includes("{{resolve:")) {
    throw unsupported(`The dynamic reference ${value}`, "make it a parameter, and give it with --parameter");
  }
  return value;
}
