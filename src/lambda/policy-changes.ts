/**
 * How a resource policy changes, alike for functions and layer versions: statements come and go by their ids, each change
 * has its own revision, and a policy without statements does not exist.
 */
import type { Random } from "../base/index.ts";
import type { ControlPlane } from "./control-plane.ts";
import { conflict, notFound, policyTooLong, preconditionFailed } from "./errors.ts";
import type { Quotas } from "./quotas.ts";
import type { PolicyRecord } from "./records.ts";
import { policyText } from "./resource-policy.ts";

export interface StatementRecord {
  readonly sid: string;
  readonly json: string;
}

/** Throws ResourceConflictException for an id that is taken, and PolicyLengthExceededException. */
export function withStatement(
  policy: PolicyRecord | undefined,
  added: StatementRecord,
  { random, quotas }: Pick<ControlPlane, "random" | "quotas">,
  qualifier?: string,
): PolicyRecord {
  const statements = policy?.statements ?? [];
  if (statements.some(({ sid }) => sid === added.sid)) {
    throw conflict(
      `The statement id (${added.sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  }
  const next: PolicyRecord = {
    ...(qualifier !== undefined && { qualifier }),
    ...policy,
    revisionId: random.uuid(),
    statements: [...statements, added],
  };
  requireShort(quotas, policyText(next));
  return next;
}

/** Undefined when nothing is left. Throws ResourceNotFoundException where the policy, or the statement, is not there. */
export function withoutStatement(
  policy: PolicyRecord | undefined,
  sid: string,
  random: Random,
): PolicyRecord | undefined {
  if (policy === undefined) throw noPolicy();
  const statements = policy.statements.filter((statement) => statement.sid !== sid);
  if (statements.length === policy.statements.length)
    throw notFound(`Statement ${sid} is not found in resource policy.`);
  return statements.length === 0 ? undefined : { ...policy, revisionId: random.uuid(), statements };
}

export const noPolicy = (): Error => notFound("No policy is associated with the given resource.");

/** Throws PolicyLengthExceededException. */
export function requireShort({ policyBytes: limit }: Quotas, document: string): void {
  const bytes = Buffer.byteLength(document);
  if (bytes > limit) throw policyTooLong(bytes, limit);
}

/** Throws PreconditionFailedException, which names the operation that shows the revision. */
export function requireRevision(
  policy: PolicyRecord | undefined,
  revisionId: string | undefined,
  getter: Parameters<typeof preconditionFailed>[0],
): void {
  if (revisionId !== undefined && revisionId !== policy?.revisionId) throw preconditionFailed(getter);
}
