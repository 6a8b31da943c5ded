/** AddPermission, GetPolicy, RemovePermission: the resource policies of a function, its versions and aliases. */
import type { Handlers } from "../wire/index.ts";
import {
  type ControlPlane,
  changeFunction,
  findFunction,
  findVersion,
  type LambdaModule,
  referTo,
} from "./control-plane.ts";
import { functionNotFound, invalidParameter, notFound, resourceDoesNotExist } from "./errors.ts";
import { type FunctionReference, functionArn, isVersionNumber, LATEST, qualifiedArn } from "./names.ts";
import { requireRevision, withoutStatement, withStatement } from "./policy-changes.ts";
import { statementJson } from "./policy-document.ts";
import type { FunctionRecord, PolicyRecord } from "./records.ts";
import { policyOf, policyText } from "./resource-policy.ts";

type Operations = "AddPermission" | "GetPolicy" | "RemovePermission";

export function permissionHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  const { random } = plane;
  return {
    async AddPermission(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      refuseLatest(reference);
      const { qualifier } = reference;
      const json = statementJson({
        sid: input.StatementId,
        principal: input.Principal,
        action: input.Action,
        resource: qualifiedArn(reference, reference.name, qualifier),
        partition: call.partition,
        sourceArn: input.SourceArn,
        sourceAccount: input.SourceAccount,
        functionUrlAuthType: input.FunctionUrlAuthType,
        principalOrgId: input.PrincipalOrgID,
        eventSourceToken: input.EventSourceToken,
        invokedViaFunctionUrl: input.InvokedViaFunctionUrl,
      });
      await changeFunction(plane, reference, async (record) => {
        await requireQualifier(plane, record, reference);
        const policy = policyOf(record, qualifier);
        requireRevision(policy, input.RevisionId, "GetPolicy");
        const next = withStatement(policy, { sid: input.StatementId, json }, plane, qualifier);
        return withPolicy(record, qualifier, next);
      });
      return { Statement: json };
    },

    async GetPolicy(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      return shownPolicy(plane, reference);
    },

    async RemovePermission(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const { qualifier } = reference;
      await changeFunction(
        plane,
        reference,
        async (record) => {
          await requireQualifier(plane, record, reference);
          const policy = policyOf(record, qualifier);
          if (policy !== undefined) requireRevision(policy, input.RevisionId, "GetPolicy");
          return withPolicy(record, qualifier, withoutStatement(policy, input.StatementId, random));
        },
        { missing: () => notFound(`No policy found for: ${functionArn(reference, reference.name)}`) },
      );
      return {};
    },
  };
}

export function refuseLatest({ qualifier }: FunctionReference): void {
  if (qualifier === LATEST) throw invalidParameter("We currently do not support adding policies for $LATEST.");
}

/** Throws ResourceNotFoundException where the function, or its policy, is not there. */
export async function shownPolicy(
  plane: ControlPlane,
  reference: FunctionReference,
): Promise<{ readonly Policy: string; readonly RevisionId: string }> {
  const found = await findFunction(plane.records, reference, reference.name);
  const policy = found && policyOf(found.record, reference.qualifier);
  if (policy === undefined) throw resourceDoesNotExist();
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
}

export async function requireQualifier(
  plane: ControlPlane,
  record: FunctionRecord,
  reference: FunctionReference,
): Promise<void> {
  const { qualifier } = reference;
  if (qualifier === undefined || (await findVersion(plane.records, record, qualifier)) !== undefined) return;
  const arn = qualifiedArn(reference, reference.name, qualifier);
  const versionLike = isVersionNumber(qualifier) || qualifier.includes("$");
  throw versionLike ? functionNotFound(arn) : notFound(`Cannot find alias arn: ${arn}`);
}

/** Undefined removes it. */
export function withPolicy(
  record: FunctionRecord,
  qualifier: string | undefined,
  policy: PolicyRecord | undefined,
): FunctionRecord {
  const others = record.policies.filter((other) => other.qualifier !== qualifier);
  return { ...record, policies: policy === undefined ? others : [...others, policy] };
}
