/**
 * Who sends a request and what they may do: signatures are verified, and each operation's needs decided by the policies
 * of its caller and of what it touches. The wire asks through its gate; nothing here knows an operation, where users and
 * keys are kept, or how policies are written.
 */
export type { Audit, Finding } from "./audit.ts";
export { type AuditReport, type Authorization, type AuthorizationOptions, createAuthorization } from "./gate.ts";
export type { Identities, KeySecret, PrincipalPolicies } from "./identities.ts";
export type { NeededPolicy, PolicyDocument, PolicyStatement } from "./statements.ts";
