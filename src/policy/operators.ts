/**
 * The condition operators without their quantifiers and `IfExists`: how one value of a request is compared with one of the
 * policy. Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */
import { addressRange } from "./address-range.ts";
import { ArnPattern, momentOf, numberOf } from "./condition-values.ts";
import { Pattern, type Resolve } from "./pattern.ts";

/** One value of the policy, ready to be compared with one of the request. */
export interface Comparison {
  /** Keys of the variables in it, as written. */
  readonly variables: readonly string[];
  /** Undefined where a variable cannot be resolved. */
  matches(value: string, resolve: Resolve): boolean | undefined;
}

export interface Operator {
  /** A negated operator asks that no value of the policy matches, and is met where the request has no value. */
  readonly negated: boolean;
  /** Undefined for a value that the operator cannot have. `variables`: whether the document's version has them. */
  compile(value: string, variables: boolean): Comparison | undefined;
}

type Compile = Operator["compile"];

const text =
  (options: { readonly wildcards: boolean; readonly ignoreCase?: boolean }): Compile =>
  (value, variables) =>
    new Pattern(value, { ...options, variables });

const arn: Compile = (value, variables) => new ArnPattern(value, { variables });

const fixed = (matches: (value: string) => boolean): Comparison => ({ variables: [], matches });

/** A number that cannot be read is like no number. */
const numeric =
  (holds: (given: number, wanted: number) => boolean): Compile =>
  (value) => {
    const wanted = numberOf(value);
    return fixed((text) => {
      const given = numberOf(text);
      return given !== undefined && wanted !== undefined && holds(given, wanted);
    });
  };

const date =
  (holds: (given: number, wanted: number) => boolean): Compile =>
  (value) => {
    const wanted = momentOf(value);
    if (wanted === undefined) return undefined;
    return fixed((text) => {
      const given = momentOf(text);
      return given !== undefined && holds(given, wanted);
    });
  };

const address: Compile = (value) => {
  const within = addressRange(value);
  return within && fixed(within);
};

const bool: Compile = (value) => fixed((text) => text.toLowerCase() === value.toLowerCase());

const binary: Compile = (value) => {
  const wanted = Buffer.from(value, "base64");
  return fixed((text) => wanted.equals(Buffer.from(text, "base64")));
};

const equal = (given: number, wanted: number): boolean => given === wanted;
const less = (given: number, wanted: number): boolean => given < wanted;
const lessOrEqual = (given: number, wanted: number): boolean => given <= wanted;
const greater = (given: number, wanted: number): boolean => given > wanted;
const greaterOrEqual = (given: number, wanted: number): boolean => given >= wanted;

const is = (compile: Compile): Operator => ({ negated: false, compile });
const isNot = (compile: Compile): Operator => ({ negated: true, compile });

const exact = text({ wildcards: false });
const like = text({ wildcards: true });
const exactIgnoringCase = text({ wildcards: false, ignoreCase: true });

/** By name in lower case. `Null` is not among them: it asks for no value. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    StringEquals: is(exact),
    StringNotEquals: isNot(exact),
    StringEqualsIgnoreCase: is(exactIgnoringCase),
    StringNotEqualsIgnoreCase: isNot(exactIgnoringCase),
    StringLike: is(like),
    StringNotLike: isNot(like),
    NumericEquals: is(numeric(equal)),
    NumericNotEquals: isNot(numeric(equal)),
    NumericLessThan: is(numeric(less)),
    NumericLessThanEquals: is(numeric(lessOrEqual)),
    NumericGreaterThan: is(numeric(greater)),
    NumericGreaterThanEquals: is(numeric(greaterOrEqual)),
    DateEquals: is(date(equal)),
    DateNotEquals: isNot(date(equal)),
    DateLessThan: is(date(less)),
    DateLessThanEquals: is(date(lessOrEqual)),
    DateGreaterThan: is(date(greater)),
    DateGreaterThanEquals: is(date(greaterOrEqual)),
    Bool: is(bool),
    BinaryEquals: is(binary),
    IpAddress: is(address),
    NotIpAddress: isNot(address),
    ArnEquals: is(arn),
    ArnNotEquals: isNot(arn),
    ArnLike: is(arn),
    ArnNotLike: isNot(arn),
  }).map(([name, operator]) => [name.toLowerCase(), operator]),
);
