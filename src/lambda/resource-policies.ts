/**
 * PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: the same policies as those that permissions build, as whole
 * documents. Putting one replaces whatever was there. What AWS checks beyond the language of policies is not recorded.
 */
import { MalformedPolicy, type Policy, parsePolicy } from "../policy/index.ts";
import type { Call, Handlers } from "../wire/index.ts";
import { type ControlPlane, changeFunction, type LambdaModule, referTo } from "./control-plane.ts";
import { invalidParameter } from "./errors.ts";
import type { FunctionReference } from "./names.ts";
import { refuseLatest, requireQualifier, shownPolicy, withPolicy } from "./permissions.ts";
import { noPolicy, requireRevision, requireShort } from "./policy-changes.ts";
import { publicUrlRefused } from "./policy-document.ts";
import type { PolicyRecord } from "./records.ts";
import { policyOf } from "./resource-policy.ts";

type Operations = "PutResourcePolicy" | "GetResourcePolicy" | "DeleteResourcePolicy";

const GETTER = "GetResourcePolicy";

export function resourcePolicyHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  return {
    async PutResourcePolicy(input, call) {
      const reference = refer(input.ResourceArn, call);
      refuseLatest(reference);
      requireShort(plane.quotas, input.Policy);
      const document = readDocument(input.Policy);
      const { qualifier } = reference;
      await changeFunction(plane, reference, async (record) => {
        await requireQualifier(plane, record, reference);
        requireRevision(policyOf(record, qualifier), input.RevisionId, GETTER);
        const policy = { ...document, revisionId: plane.random.uuid(), ...(qualifier !== undefined && { qualifier }) };
        return withPolicy(record, qualifier, policy);
      });
      return shownPolicy(plane, reference);
    },

    async GetResourcePolicy(input, call) {
      return shownPolicy(plane, refer(input.ResourceArn, call));
    },

    async DeleteResourcePolicy(input, call) {
      const reference = refer(input.ResourceArn, call);
      await changeFunction(plane, reference, async (record) => {
        await requireQualifier(plane, record, reference);
        const policy = policyOf(record, reference.qualifier);
        if (policy === undefined) throw noPolicy();
        requireRevision(policy, input.RevisionId, GETTER);
        return withPolicy(record, reference.qualifier, undefined);
      });
      return {};
    },
  };
}

/** The pattern of the model lets whole ARNs of functions through alone. */
function refer(arn: string, call: Call): FunctionReference {
  return referTo(arn, call);
}

function readDocument(text: string): Pick<PolicyRecord, "head" | "statements"> {
  const policy = parse(text);
  const { Version, Id, Statement }: Record<string, unknown> = JSON.parse(text);
  const statements: readonly unknown[] = Array.isArray(Statement) ? Statement : [Statement];
  if (statements.some(opensUrl)) throw publicUrlRefused();
  return {
    head: { ...(typeof Version === "string" && { version: Version }), ...(typeof Id === "string" && { id: Id }) },
    statements: statements.map((statement, index) => ({
      sid: policy.statements[index]?.sid ?? "",
      json: JSON.stringify(statement),
    })),
  };
}

function parse(text: string): Policy {
  try {
    return parsePolicy(text, "resource");
  } catch (error) {
    throw error instanceof MalformedPolicy ? invalidParameter(error.message) : error;
  }
}

/** Whether a statement, which has been parsed, lets everybody call the function's URL whatever its authentication. */
function opensUrl(statement: unknown): boolean {
  const { Effect, Principal, Action, Condition }: Record<string, unknown> = Object(statement);
  const everybody = Principal === "*" || [Object(Principal).AWS].flat().includes("*");
  const action = [Action].flat().some((name) => String(name).toLowerCase() === "lambda:invokefunctionurl");
  const keys = Object.values(Object(Condition)).flatMap((tests) => Object.keys(Object(tests)));
  const isConditional = keys.some((key) => key.toLowerCase() === "lambda:functionurlauthtype");
  return Effect === "Allow" && everybody && action && !isConditional;
}
