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
import {
  conflict,
  functionNotFound,
  invalidParameter,
  notFound,
  policyTooLong,
  preconditionFailed,
  resourceDoesNotExist,
} from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { type FunctionReference, functionArn, isVersionNumber, LATEST, qualifiedArn } from "./names.ts";
import { policyJson, statementJson } from "./policy-document.ts";
import type { FunctionRecord, PolicyRecord } from "./records.ts";

type Operations = "AddPermission" | "GetPolicy" | "RemovePermission";

export function permissionHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async AddPermission(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      if (reference.qualifier === LATEST) {
        throw invalidParameter("We currently do not support adding policies for $LATEST.");
      }
      const resource = qualifiedArn(reference, reference.name, reference.qualifier);
      const json = statementJson({
        sid: input.StatementId,
        principal: input.Principal,
        action: input.Action,
        resource,
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
        const policy = policyOf(record, reference);
        requireRevision(policy, input.RevisionId);
        const statements = policy?.statements ?? [];
        if (statements.some(({ sid }) => sid === input.StatementId)) {
          throw conflict(
            `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
          );
        }
        const next = [...statements, { sid: input.StatementId, json }];
        const bytes = Buffer.byteLength(policyJson(next));
        if (bytes > LIMITS.policyBytes) throw policyTooLong(bytes);
        return withPolicy(plane, record, reference, next);
      });
      return { Statement: json };
    },

    async GetPolicy(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      const found = await findFunction(plane.records, reference, reference.name);
      const policy = found && policyOf(found.record, reference);
      if (policy === undefined) throw resourceDoesNotExist();
      return { Policy: policyJson(policy.statements), RevisionId: policy.revisionId };
    },

    async RemovePermission(input, call) {
      const reference = referTo(input.FunctionName, call, input.Qualifier);
      await changeFunction(
        plane,
        reference,
        async (record) => {
          await requireQualifier(plane, record, reference);
          const policy = policyOf(record, reference);
          if (policy === undefined) throw notFound("No policy is associated with the given resource.");
          requireRevision(policy, input.RevisionId);
          const left = policy.statements.filter(({ sid }) => sid !== input.StatementId);
          if (left.length === policy.statements.length) {
            throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
          }
          return withPolicy(plane, record, reference, left);
        },
        { missing: () => notFound(`No policy found for: ${functionArn(reference, reference.name)}`) },
      );
      return {};
    },
  };
}

async function requireQualifier(
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

function requireRevision(policy: PolicyRecord | undefined, revisionId: string | undefined): void {
  if (revisionId !== undefined && revisionId !== policy?.revisionId) throw preconditionFailed("GetPolicy");
}

function policyOf(record: FunctionRecord, { qualifier }: FunctionReference): PolicyRecord | undefined {
  return record.policies.find((policy) => policy.qualifier === qualifier);
}

/** A policy without statements does not exist. */
function withPolicy(
  plane: ControlPlane,
  record: FunctionRecord,
  { qualifier }: FunctionReference,
  statements: PolicyRecord["statements"],
): FunctionRecord {
  const others = record.policies.filter((policy) => policy.qualifier !== qualifier);
  if (statements.length === 0) return { ...record, policies: others };
  const policy = { revisionId: plane.random.uuid(), statements, ...(qualifier !== undefined && { qualifier }) };
  return { ...record, policies: [...others, policy] };
}
