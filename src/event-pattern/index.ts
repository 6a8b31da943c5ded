/**
 * Event patterns: one grammar for filters of event source mappings, rules of EventBridge and policies of SNS. Reads and
 * checks; knows no service. What a service says to a bad pattern is its own, made from the reason that is given here.
 */
export { InvalidPattern, parsePattern } from "./parse.ts";
export type { Condition, Field, Pattern } from "./pattern.ts";
