/**
 * Random valid values for a shape, for the round-trip tests: what an SDK client may send and a handler may return. Keeps to
 * what the place of a member on the wire can carry (headers can not hold line breaks, labels can not be empty).
 */
import fc from "fast-check";
import { isStruct, type Member, type Shape, type SimpleShape, type StructShape } from "../schema/shape.ts";

type Place = "body" | "header" | "label" | "query" | "xml";

export interface ArbitraryOptions {
  /** XML and form bodies hold text without control characters only. */
  readonly xmlText: boolean;
  /** Values for members that clients or their middleware give a meaning. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Members to leave out. */
  readonly omit?: ReadonlySet<string>;
}

const DEPTH_MAX = 4;

export function arbitraryOf(shape: Shape, options: ArbitraryOptions): fc.Arbitrary<unknown> {
  return valueFor(shape, options.xmlText ? "xml" : "body", options, 0);
}

function valueFor(shape: Shape, place: Place, options: ArbitraryOptions, depth: number): fc.Arbitrary<unknown> {
  if (isStruct(shape)) return structOf(shape, place, options, depth);
  if (shape.kind === "list") {
    // Forms and flattened XML can not tell an empty collection from none.
    const minLength = place === "body" ? 0 : 1;
    return fc.array(valueFor(shape.element, place, options, depth + 1), { minLength, maxLength: depth > 2 ? 1 : 3 });
  }
  if (shape.kind === "map") {
    const key =
      place === "header"
        ? fc.stringMatching(/^[a-z]{1,8}$/)
        : textOf(place === "query" ? "label" : place).filter((text) => text !== "");
    return fc.dictionary(key, valueFor(shape.value, place, options, depth + 1), {
      minKeys: place === "xml" ? 1 : 0,
      maxKeys: 3,
      noNullPrototype: true,
    });
  }
  return scalarOf(shape, place);
}

function structOf(shape: StructShape, place: Place, options: ArbitraryOptions, depth: number): fc.Arbitrary<unknown> {
  const members = shape.members.filter((member) => !(depth === 0 && options.omit?.has(member.name)));
  if (shape.kind === "union") {
    const simple = members.filter(
      (member) => (depth < DEPTH_MAX || !isNested(member.shape)) && member.shape.traits.error === undefined,
    );
    return fc.oneof(
      ...simple.map((member) =>
        valueFor(member.shape, place, options, depth + 1).map((value) => ({ [member.name]: value })),
      ),
    );
  }
  const fields = members.filter((member) => member.required || depth < DEPTH_MAX || !isNested(member.shape));
  const required = fields.filter(
    (member) => member.required || member.traits.httpLabel || member.traits.idempotencyToken,
  );
  const model = Object.fromEntries(fields.map((member) => [member.name, memberOf(member, place, options, depth)]));
  return fc.record(model, { requiredKeys: required.map(({ name }) => name), noNullPrototype: true });
}

function memberOf(member: Member, place: Place, options: ArbitraryOptions, depth: number): fc.Arbitrary<unknown> {
  if (depth === 0 && options.fixed && Object.hasOwn(options.fixed, member.name))
    return fc.constant(options.fixed[member.name]);
  const { traits } = member;
  if (traits.httpLabel) return valueFor(member.shape, "label", options, depth + 1);
  if (traits.httpHeader || traits.httpPrefixHeaders || traits.eventHeader)
    return valueFor(member.shape, "header", options, depth + 1);
  if (traits.httpQuery || traits.httpQueryParams) return valueFor(member.shape, "query", options, depth + 1);
  if (traits.httpResponseCode) return fc.constant(200);
  if (traits.xmlAttribute) return fc.stringMatching(/^[A-Za-z]{1,8}$/);
  return valueFor(member.shape, place, options, depth + 1);
}

function isNested(shape: Shape): boolean {
  return isStruct(shape) || shape.kind === "list" || shape.kind === "map";
}

function scalarOf(shape: SimpleShape, place: Place): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case "string":
      return textOf(place);
    case "number":
    case "bigDecimal":
      return fc.oneof(
        fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }),
        fc.integer({ min: -1_000, max: 1_000 }).map((value) => value / 4),
      );
    case "bigInteger":
      return fc.bigInt({ min: -1_000_000n, max: 1_000_000n });
    case "boolean":
      return fc.boolean();
    case "blob":
      return fc.uint8Array({ minLength: 1, maxLength: 24 });
    case "timestamp":
      return fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000));
    case "document":
      return fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null);
    case "unit":
      return fc.constant({});
  }
}

function textOf(place: Place): fc.Arbitrary<string> {
  if (place === "header") return fc.stringMatching(/^[A-Za-z0-9:_/+=-]{1,12}$/);
  if (place === "label") return fc.stringMatching(/^[A-Za-z0-9 :$%_é+-]{1,12}$/).filter((text) => text.trim() === text);
  if (place === "query") return fc.stringMatching(/^[A-Za-z0-9 :&=%_é+,-]{1,12}$/);
  if (place === "xml") return fc.stringMatching(/^[A-Za-z0-9 &<>"'é😀\]_-]{0,10}x$/u);
  return fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "grapheme", maxLength: 6 }));
}
