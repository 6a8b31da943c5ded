/**
 * Shapes: the SDK's runtime schemas in a form that is quick and safe to walk. The only file that knows how the SDK packs
 * schemas; codecs and protocols see Shape alone. Compiled lazily and once, since services refer to thousands of shapes
 * and shapes refer to themselves.
 */
import { NormalizedSchema } from "@smithy/core/schema";
import type { SchemaRef, SchemaTraitsObject } from "@smithy/types";

export type Traits = SchemaTraitsObject & {
  readonly httpError?: number;
  readonly awsQueryError?: readonly [string, number];
  readonly xmlNamespace?: readonly [string | undefined, string | undefined] | readonly string[];
  readonly sparse?: 1;
};

export type SimpleKind =
  | "string"
  | "number"
  | "boolean"
  | "blob"
  | "bigInteger"
  | "bigDecimal"
  | "timestamp"
  | "document"
  | "unit";

export interface SimpleShape {
  readonly kind: SimpleKind;
  readonly name: string;
  readonly traits: Traits;
  /** For timestamps: the format the model asks for; undefined means the protocol's own. */
  readonly format?: TimestampFormat;
  /** For blobs: the body is handed over as a stream, never collected. */
  readonly streaming?: true;
}

export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

export interface ListShape {
  readonly kind: "list";
  readonly name: string;
  readonly traits: Traits;
  readonly element: Shape;
  readonly elementTraits: Traits;
}

export interface MapShape {
  readonly kind: "map";
  readonly name: string;
  readonly traits: Traits;
  readonly keyTraits: Traits;
  readonly value: Shape;
  readonly valueTraits: Traits;
}

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  /** Traits of the member merged over those of its shape. */
  readonly traits: Traits;
  readonly required: boolean;
}

export interface StructShape {
  readonly kind: "struct" | "union";
  readonly name: string;
  readonly namespace: string;
  readonly traits: Traits;
  readonly members: readonly Member[];
}

export type Shape = SimpleShape | ListShape | MapShape | StructShape;

export function isStruct(shape: Shape): shape is StructShape {
  return shape.kind === "struct" || shape.kind === "union";
}

const compiled = new WeakMap<object, Shape>();
const NO_TRAITS: Traits = {};

/** The shape of an SDK schema reference. */
export function shapeOf(ref: SchemaRef): Shape {
  return compile(NormalizedSchema.of(ref));
}

function compile(schema: NormalizedSchema): Shape {
  const raw: unknown = schema.getSchema();
  const key = typeof raw === "object" && raw !== null ? raw : undefined;
  const known = key && compiled.get(key);
  if (known) return known;
  const shape = build(schema);
  if (key) compiled.set(key, shape);
  return shape;
}

function build(schema: NormalizedSchema): Shape {
  const name = schema.getName() ?? "";
  const traits = ownTraits(schema);
  if (schema.isStructSchema()) return new LazyStruct(schema, name, traits);
  if (schema.isListSchema()) return new LazyList(schema, name, traits);
  if (schema.isMapSchema()) return new LazyMap(schema, name, traits);
  if (schema.isTimestampSchema()) {
    const format = TIMESTAMP_FORMATS[Number(schema.getSchema())];
    return { kind: "timestamp", name, traits, ...(format && { format }) };
  }
  const kind = simpleKind(schema);
  return { kind, name, traits, ...(kind === "blob" && schema.isStreaming() && { streaming: true }) };
}

const TIMESTAMP_FORMATS: Record<number, TimestampFormat | undefined> = {
  5: "date-time",
  6: "http-date",
  7: "epoch-seconds",
};

function simpleKind(schema: NormalizedSchema): SimpleKind {
  if (schema.isStringSchema()) return "string";
  if (schema.isNumericSchema()) return "number";
  if (schema.isBooleanSchema()) return "boolean";
  if (schema.isBlobSchema()) return "blob";
  if (schema.isBigIntegerSchema()) return "bigInteger";
  if (schema.isBigDecimalSchema()) return "bigDecimal";
  if (schema.isUnitSchema()) return "unit";
  return "document";
}

function ownTraits(schema: NormalizedSchema): Traits {
  return (schema.getOwnTraits() as Traits | undefined) ?? NO_TRAITS;
}

function memberTraits(schema: NormalizedSchema): Traits {
  return schema.getMergedTraits() as Traits;
}

class LazyStruct implements StructShape {
  readonly kind: "struct" | "union";
  readonly name: string;
  readonly namespace: string;
  readonly traits: Traits;
  readonly #schema: NormalizedSchema;
  #members: readonly Member[] | undefined;

  constructor(schema: NormalizedSchema, name: string, traits: Traits) {
    this.kind = schema.isUnionSchema() ? "union" : "struct";
    this.name = name;
    this.namespace = schema.getName(true)?.split("#")[0] ?? "";
    this.traits = traits;
    this.#schema = schema;
  }

  get members(): readonly Member[] {
    this.#members ??= compileMembers(this.#schema);
    return this.#members;
  }
}

function compileMembers(schema: NormalizedSchema): Member[] {
  const raw: unknown = schema.getSchema();
  const requiredCount = Array.isArray(raw) && typeof raw[6] === "number" ? raw[6] : 0;
  return [...schema.structIterator()].map(([name, member], index) => ({
    name,
    shape: compile(member),
    traits: memberTraits(member),
    required: index < requiredCount,
  }));
}

class LazyList implements ListShape {
  readonly kind = "list";
  readonly name: string;
  readonly traits: Traits;
  readonly #schema: NormalizedSchema;
  #element: Shape | undefined;

  constructor(schema: NormalizedSchema, name: string, traits: Traits) {
    this.name = name;
    this.traits = traits;
    this.#schema = schema;
  }
  get element(): Shape {
    this.#element ??= compile(this.#schema.getValueSchema());
    return this.#element;
  }
  get elementTraits(): Traits {
    return memberTraits(this.#schema.getValueSchema());
  }
}

class LazyMap implements MapShape {
  readonly kind = "map";
  readonly name: string;
  readonly traits: Traits;
  readonly #schema: NormalizedSchema;
  #value: Shape | undefined;

  constructor(schema: NormalizedSchema, name: string, traits: Traits) {
    this.name = name;
    this.traits = traits;
    this.#schema = schema;
  }
  get value(): Shape {
    this.#value ??= compile(this.#schema.getValueSchema());
    return this.#value;
  }
  get keyTraits(): Traits {
    return memberTraits(this.#schema.getKeySchema());
  }
  get valueTraits(): Traits {
    return memberTraits(this.#schema.getValueSchema());
  }
}

/** The member that carries an event stream, if the structure has one. */
export function eventStreamMember(shape: Shape): (Member & { readonly shape: StructShape }) | undefined {
  if (!isStruct(shape)) return undefined;
  for (const member of shape.members) {
    if (isStruct(member.shape) && member.traits.streaming === 1) return { ...member, shape: member.shape };
  }
  return undefined;
}

/** Whether nulls are values of their own in this collection. */
export function isSparse(shape: ListShape | MapShape): boolean {
  const inner = shape.kind === "list" ? shape.elementTraits : shape.valueTraits;
  return shape.traits.sparse === 1 || inner.sparse === 1;
}
