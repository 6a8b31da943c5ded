/**
 * Turns the facts of AWS's API models that client packages leave out (length, range, pattern, enum, required order) into
 * one compact table per service under src/wire/constraints/. Run by hand when models change:
 * `node tools/constraints/generate.ts <folder with *.api.json>`. Its output is committed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** S3 is absent on purpose: its front end checks no constraints. */
const SERVICES = [
  "cloudwatch",
  "dynamodb",
  "ecr",
  "events",
  "iam",
  "kms",
  "kinesis",
  "lambda",
  "logs",
  "scheduler",
  "signer",
  "sns",
  "sqs",
  "sts",
];

interface ModelShape {
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly sensitive?: boolean;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
}

interface Model {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, ModelShape>>;
}

const TYPE_NAMES: Readonly<Record<string, string>> = { structure: "struct", float: "double" };
const NUMERIC = new Set(["integer", "long"]);

function tableOf(model: Model): { operations: Record<string, string>; shapes: Record<string, unknown> } {
  const matters = new Map<string, boolean>();
  const doesMatter = (name: string): boolean => {
    const known = matters.get(name);
    if (known !== undefined) return known;
    matters.set(name, false);
    const shape = model.shapes[name];
    const result = shape !== undefined && (hasOwnFacts(shape) || targetsOf(shape).some(doesMatter));
    matters.set(name, result);
    return result;
  };
  const operations: Record<string, string> = {};
  const shapes: Record<string, unknown> = {};
  const add = (name: string): void => {
    const shape = model.shapes[name];
    if (shape === undefined || name in shapes || !doesMatter(name)) return;
    shapes[name] = undefined;
    shapes[name] = rowOf(shape, doesMatter);
    for (const target of targetsOf(shape)) add(target);
  };
  for (const [name, operation] of Object.entries(model.operations)) {
    const input = operation.input?.shape;
    if (input === undefined || !doesMatter(input)) continue;
    operations[name] = input;
    add(input);
  }
  return { operations, shapes };
}

/** A recursive shape may be asked about before all of it is known; what it needs is found through its other members. */
function hasOwnFacts(shape: ModelShape): boolean {
  const hasLimits = [shape.min, shape.max, shape.pattern, shape.enum].some((fact) => fact !== undefined);
  return hasLimits || NUMERIC.has(shape.type) || (shape.required?.length ?? 0) > 0;
}

function targetsOf(shape: ModelShape): string[] {
  const members = Object.values(shape.members ?? {});
  return [...members, shape.member, shape.key, shape.value].flatMap((target) => (target ? [target.shape] : []));
}

function rowOf(shape: ModelShape, doesMatter: (name: string) => boolean): object {
  const required = new Set(shape.required);
  const members = Object.entries(shape.members ?? {})
    .filter(([name, { shape: target }]) => required.has(name) || doesMatter(target))
    .map(([name, { shape: target }]) => [name, doesMatter(target) ? target : "", required.has(name) ? 1 : 0]);
  return {
    type: TYPE_NAMES[shape.type] ?? shape.type,
    min: shape.min,
    max: shape.max,
    pattern: shape.pattern,
    enum: shape.enum,
    sensitive: shape.sensitive,
    element: shape.member?.shape,
    key: shape.key?.shape,
    value: shape.value?.shape,
    members: shape.members === undefined ? undefined : members,
  };
}

/** One shape per line, so a change of a model is a readable diff. */
function print(table: ReturnType<typeof tableOf>): string {
  const lines = Object.entries(table.shapes).map(([name, row]) => `${JSON.stringify(name)}: ${JSON.stringify(row)}`);
  return `{\n"operations": ${JSON.stringify(table.operations)},\n"shapes": {\n${lines.join(",\n")}\n}}\n`;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("usage: node tools/constraints/generate.ts <folder with *.api.json>\n");
  process.exitCode = 2;
} else {
  for (const service of SERVICES) {
    const model = JSON.parse(readFileSync(join(folder, `${service}.api.json`), "utf8")) as Model;
    const target = new URL(`../../src/wire/constraints/${service}.json`, import.meta.url);
    writeFileSync(target, print(tableOf(model)));
  }
}
