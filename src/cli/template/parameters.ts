/** A template's parameters: given, defaulted, checked; and the pseudo parameters. Secret ones (NoEcho) are named, never shown. */
import type { JsonValue } from "../../base/index.ts";
import { type JsonObject, listOf, objectOf, textOf } from "./json.ts";
import { badParameter } from "./problems.ts";

export interface Parameters {
  readonly values: ReadonlyMap<string, JsonValue>;
  /** Values that no preview may show. */
  readonly secrets: readonly string[];
}

export interface Place {
  readonly region: string;
  readonly account: string;
  readonly stack: string;
}

export function pseudoParameters({ region, account, stack }: Place): ReadonlyMap<string, JsonValue> {
  const china = region.startsWith("cn-");
  return new Map<string, JsonValue>([
    ["AWS::Region", region],
    ["AWS::AccountId", account],
    ["AWS::StackName", stack],
    ["AWS::StackId", `arn:aws:cloudformation:${region}:${account}:stack/${stack}/lambent`],
    ["AWS::Partition", china ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws"],
    ["AWS::URLSuffix", china ? "amazonaws.com.cn" : "amazonaws.com"],
    ["AWS::NotificationARNs", []],
  ]);
}

/** `given` is KEY=VALUE as on the command line. Throws one UserError for all parameters that are missing. */
export function readParameters(declared: JsonObject, given: readonly string[]): Parameters {
  const asked = new Map(given.map(pair));
  const names = Object.keys(declared);
  const unknown = [...asked.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw badParameter(
      `The template has no parameter ${unknown}.`,
      names.length === 0 ? "leave out --parameter" : `it has ${names.join(", ")}`,
    );
  }
  const missing = names.filter((name) => !asked.has(name) && objectOf(declared[name])["Default"] === undefined);
  if (missing.length > 0) {
    throw badParameter(
      `The template needs ${missing.join(", ")}.`,
      `add ${missing.map((name) => `--parameter ${name}=…`).join(" ")}`,
    );
  }
  const values = new Map<string, JsonValue>();
  const secrets: string[] = [];
  for (const name of names) {
    const declaration = objectOf(declared[name]);
    const isGiven = asked.has(name);
    const text = asked.get(name) ?? String(declaration["Default"] ?? "");
    values.set(name, checked(name, text, declaration, isGiven));
    if (String(declaration["NoEcho"]) === "true" && text !== "") secrets.push(text);
  }
  return { values, secrets };
}

function checked(name: string, text: string, declaration: JsonObject, isGiven: boolean): JsonValue {
  const type = textOf(declaration["Type"]) ?? "String";
  if (type.startsWith("AWS::SSM::Parameter::Value") && !isGiven) {
    throw badParameter(
      `${name} is in SSM's Parameter Store (${text}), which is not read.`,
      `add --parameter ${name}=…`,
    );
  }
  const items = /^List<|CommaDelimitedList/.test(type) ? text.split(",").map((item) => item.trim()) : [text];
  const allowed = listOf(declaration["AllowedValues"]).map(String);
  const refuse = (what: string): never => {
    throw badParameter(`${name} got "${text}", and ${what}.`, `give it with --parameter ${name}=…`);
  };
  for (const item of items) {
    if (allowed.length > 0 && !allowed.includes(item)) refuse(`may be ${allowed.join(", ")}`);
    if (/Number/.test(type) && (item.trim() === "" || !Number.isFinite(Number(item)))) refuse("must be a number");
    checkBounds(item, type, declaration, refuse);
  }
  return /^List<|CommaDelimitedList/.test(type) ? items : text;
}

function checkBounds(item: string, type: string, declaration: JsonObject, refuse: (what: string) => never): void {
  const bound = (key: string): number | undefined =>
    declaration[key] === undefined ? undefined : Number(declaration[key]);
  const pattern = textOf(declaration["AllowedPattern"]);
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(item)) {
    refuse(textOf(declaration["ConstraintDescription"]) ?? `must match ${pattern}`);
  }
  const size = /Number/.test(type) ? Number(item) : item.length;
  const [least, most] = /Number/.test(type) ? ["MinValue", "MaxValue"] : ["MinLength", "MaxLength"];
  if (size < (bound(least ?? "") ?? size)) refuse(`${least} is ${bound(least ?? "")}`);
  if (size > (bound(most ?? "") ?? size)) refuse(`${most} is ${bound(most ?? "")}`);
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw badParameter(`--parameter got "${text}".`, "write it as KEY=VALUE");
}
