/**
 * A policy document, compiled: every pattern and condition is read once, so that a decision only compares. Made by
 * `parsePolicy` alone.
 */
import type { ConditionTest } from "./condition.ts";
import type { Pattern } from "./pattern.ts";
import type { PrincipalTest } from "./principal.ts";

/** `identity` also stands for boundaries and session policies; `trust` for who may assume a role. */
export type PolicyKind = "identity" | "resource" | "trust";

/** A list of patterns, or everything but what they match. */
export interface PatternTest {
  readonly not: boolean;
  readonly patterns: readonly Pattern[];
}

export interface Statement {
  readonly sid: string | undefined;
  readonly index: number;
  readonly effect: "Allow" | "Deny";
  /** Missing in identity policies. */
  readonly principal: PrincipalTest | undefined;
  /** Compared in lower case. */
  readonly action: PatternTest;
  /** Missing in trust policies: the role itself. */
  readonly resource: PatternTest | undefined;
  readonly conditions: readonly ConditionTest[];
}

export interface Policy {
  readonly id: string;
  readonly kind: PolicyKind;
  readonly statements: readonly Statement[];
  /** Every context key that the document names, as written, each once: in conditions and in variables. */
  readonly contextKeys: readonly string[];
}
