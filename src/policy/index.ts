/**
 * The IAM policy language: documents are parsed and checked with AWS's words, compiled once, and asked for decisions. Pure:
 * knows no service, no store and no HTTP. Whoever asks brings the policies that apply and what is known of the request.
 */
export { decide } from "./decide.ts";
export { parseKeptPolicy } from "./kept-policy.ts";
export { MalformedPolicy } from "./malformed-policy.ts";
export { parsePolicy } from "./parse.ts";
export type { Policy, PolicyKind } from "./policy.ts";
export { principalFromArn } from "./principal-from-arn.ts";
export type {
  ApplicablePolicies,
  DecidingStatement,
  Decision,
  PolicyRequest,
  PolicySource,
  RequestContext,
  RequestPrincipal,
} from "./types.ts";
