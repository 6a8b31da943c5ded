/**
 * Reads a template, YAML with CloudFormation's short tags or JSON, into plain JSON with the long form of each function.
 * Knows sections and tags, never what a resource is. The invariant: what comes out holds no tag, and no alias.
 */
import type { Document, Node } from "yaml";
import { hasErrorCode, type JsonValue } from "../../base/index.ts";
import { isObject, type JsonObject, listOf, objectOf, textOf } from "./json.ts";
import { badTemplate, unsupported } from "./problems.ts";

type Yaml = typeof import("yaml");

export interface Template {
  readonly parameters: JsonObject;
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
  readonly globals: JsonObject;
  readonly resources: JsonObject;
  readonly outputs: JsonObject;
  /** Sections that are read by nobody here. */
  readonly ignored: readonly string[];
}

const SECTIONS = ["Parameters", "Mappings", "Conditions", "Globals", "Resources", "Outputs"];
const WITHOUT_MEANING_HERE = ["AWSTemplateFormatVersion", "Description", "Metadata", "Transform"];
const IGNORED_SECTIONS = ["Rules", "Hooks"];
const TRANSFORMS = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];
/** A template in which aliases multiply beyond this is an attack. */
const ALIASES_MAX = 100;

/** Throws a UserError that names the line for what is no template. */
export async function parseTemplate(text: string, file: string): Promise<Template> {
  const value = /^\s*\{/.test(text) ? fromJson(text, file) : fromYaml(await import("yaml"), text, file);
  if (!isObject(value)) throw badTemplate(`${file} is no template.`);
  const unknown = Object.keys(value).find(
    (name) => ![...SECTIONS, ...WITHOUT_MEANING_HERE, ...IGNORED_SECTIONS].includes(name),
  );
  if (unknown !== undefined) throw badTemplate(`${file} has a section ${unknown}, which templates do not have.`);
  const transform = listOf(value["Transform"]).find((name) => !TRANSFORMS.includes(textOf(name) ?? ""));
  if (transform !== undefined) throw unsupported(`The transform ${JSON.stringify(transform)}`, "expand it beforehand");
  const resources = objectOf(value["Resources"]);
  if (Object.keys(resources).length === 0) throw badTemplate(`${file} has no resources.`);
  for (const [id, resource] of Object.entries(resources)) {
    if (!/^[A-Za-z0-9]+$/.test(id)) throw badTemplate(`The logical id ${id} may have letters and digits only.`);
    if (!isObject(resource) || textOf(resource["Type"]) === undefined) throw badTemplate(`Resource ${id} has no Type.`);
  }
  return {
    parameters: objectOf(value["Parameters"]),
    mappings: objectOf(value["Mappings"]),
    conditions: objectOf(value["Conditions"]),
    globals: objectOf(value["Globals"]),
    resources,
    outputs: objectOf(value["Outputs"]),
    ignored: IGNORED_SECTIONS.filter((name) => name in value),
  };
}

function fromJson(text: string, file: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badTemplate(`${file} is not JSON: ${error.message}`, "correct the template", error);
  }
}

function fromYaml(yaml: Yaml, text: string, file: string): JsonValue {
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, schema: "core", logLevel: "error" });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const [first = ""] = problem.message.split("\n");
    throw badTemplate(`${file} is not YAML: ${first.replace(/:$/, "")}`, "correct the template", problem);
  }
  let aliases = 0;
  const read = (node: Node | null | undefined): JsonValue => {
    if (node === null || node === undefined) return null;
    if (yaml.isAlias(node)) {
      aliases += 1;
      if (aliases > ALIASES_MAX) throw badTemplate(`${file} has more than ${ALIASES_MAX} aliases.`);
      return read(resolved(node.resolve(document), file));
    }
    return tagged(node.tag, plainNode(node), `${file}:${lines.linePos(node.range?.[0] ?? 0).line}`);
  };
  const plainNode = (node: Node): JsonValue => {
    if (yaml.isMap(node))
      return Object.fromEntries(node.items.map(({ key, value }) => [keyOf(key), read(asNode(value))]));
    if (yaml.isSeq(node)) return node.items.map((item) => read(asNode(item)));
    return yaml.isScalar(node) ? scalar(node.value, node.source) : null;
  };
  const asNode = (value: unknown): Node | null => (yaml.isNode(value) ? value : null);
  const keyOf = (key: unknown): string => (yaml.isScalar(key) ? (key.source ?? String(key.value)) : String(key));
  return withoutRangeErrors(() => read(document.contents), file, document);
}

/** Deep nesting ends as a sentence, not as a stack. */
function withoutRangeErrors(read: () => JsonValue, file: string, document: Document): JsonValue {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError || hasErrorCode(error, "ERR_OUT_OF_RANGE"))) throw error;
    throw badTemplate(`${file} is nested too deeply.`, "correct the template", document.errors[0] ?? error);
  }
}

function resolved(node: Node | undefined, file: string): Node {
  if (node !== undefined) return node;
  throw badTemplate(`${file} has an alias without an anchor.`);
}

/** An account id with a leading zero is no number. */
function scalar(value: unknown, source: string | undefined): JsonValue {
  if (typeof value === "number" && source !== undefined && /^0\d/.test(source)) return source;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return value === null || value === undefined ? null : String(value);
}

function tagged(tag: string | undefined, value: JsonValue, where: string): JsonValue {
  if (tag === undefined || !tag.startsWith("!")) return value;
  const name = tag.slice(1);
  if (name === "Ref" || name === "Condition") return { [name]: value };
  if (!/^[A-Z]\w+$/.test(name)) throw badTemplate(`${where} has the unknown tag ${tag}.`);
  if (name !== "GetAtt" || typeof value !== "string") return { [`Fn::${name}`]: value };
  const dot = value.indexOf(".");
  if (dot < 0)
    throw badTemplate(`${where}: !GetAtt ${value} names no attribute.`, "write it as !GetAtt Resource.Attribute");
  return { "Fn::GetAtt": [value.slice(0, dot), value.slice(dot + 1)] };
}
