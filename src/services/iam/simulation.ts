/**
 * SimulateCustomPolicy and SimulatePrincipalPolicy: what the decision engine says to actions and resources that are only
 * thought of. Nothing is done, and nobody's permission is needed but that to ask.
 */
import type { ContextEntry, EvaluationResult, PolicySourceType } from "@aws-sdk/client-iam";
import {
  type ApplicablePolicies,
  type Decision,
  decide,
  MalformedPolicy,
  type Policy,
  type PolicyKind,
  parsePolicy,
  type RequestContext,
  type RequestPrincipal,
} from "../../policy/index.ts";
import { type Call, type Handlers, type OperationInput, parseArn } from "../../wire/index.ts";
import { invalidSimulation } from "./errors.ts";
import { takePageOf } from "./pages.ts";
import { simulatedSource } from "./simulated-source.ts";
import type { IamClient, IamState } from "./state.ts";

/** What IAM prints, though its model lists other values. */
const PRINTED_TYPE: string = "IAM Policy";
const SOURCE_TYPE = PRINTED_TYPE as PolicySourceType;

type CustomInput = OperationInput<IamClient, "SimulateCustomPolicy">;
type Question = Omit<CustomInput, "PolicyInputList">;

export function simulationHandlers(state: IamState): Handlers<IamClient> {
  return {
    async SimulateCustomPolicy(input, call) {
      const identity = parseAll(input.PolicyInputList, "PolicyInputList");
      return evaluate(input, call, callerOf(input.CallerArn, call), { identity, boundary: boundaryOf(input) });
    },

    async SimulatePrincipalPolicy(input, call) {
      const source = await simulatedSource(state, call, input.PolicySourceArn);
      const identity = [...source.identity, ...parseAll(input.PolicyInputList ?? [], "PolicyInputList")];
      const boundary = boundaryOf(input) ?? source.boundary;
      const caller = input.CallerArn === undefined ? source.principal : callerOf(input.CallerArn, call);
      return evaluate(input, call, caller, { identity, boundary });
    },

    async GetContextKeysForCustomPolicy(input) {
      return { ContextKeyNames: contextKeys(parseAll(input.PolicyInputList, "PolicyInputList")) };
    },

    async GetContextKeysForPrincipalPolicy(input, call) {
      const source = await simulatedSource(state, call, input.PolicySourceArn);
      const more = parseAll(input.PolicyInputList ?? [], "PolicyInputList");
      return { ContextKeyNames: contextKeys([...source.identity, ...more]) };
    },
  };
}

interface Evaluation {
  EvaluationResults: EvaluationResult[];
  IsTruncated: boolean;
  Marker?: string;
}

async function evaluate(
  input: Question,
  call: Call,
  principal: RequestPrincipal,
  policies: ApplicablePolicies,
): Promise<Evaluation> {
  const context = contextOf(input.ContextEntries ?? []);
  const resources = input.ResourceArns ?? ["*"];
  const questions = input.ActionNames.flatMap((action) => resources.map((resource) => ({ action, resource })));
  const numbered = questions.map((question, index) => ({ ...question, key: String(index).padStart(8, "0") }));
  const { items, ...rest } = await takePageOf(input, numbered, ({ key }) => key);
  const resourcePart = resourceOf(input, call);
  const results = items.map(({ action, resource }) =>
    printResult(
      action,
      resource,
      decide({ principal, action, resource, context }, { ...policies, ...resourcePart }),
      policies.boundary !== undefined,
    ),
  );
  return { EvaluationResults: results, ...rest };
}

function printResult(action: string, resource: string, decision: Decision, bounded: boolean): EvaluationResult {
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: decision.outcome,
    MatchedStatements: decision.statements
      .filter(({ source }) => source !== "boundary")
      .map(({ policyId }) => ({
        SourcePolicyId: policyId.slice(policyId.lastIndexOf("/") + 1),
        SourcePolicyType: SOURCE_TYPE,
      })),
    MissingContextValues: [...decision.missingContextKeys],
    ...(bounded && {
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: !decision.missing.includes("boundary") },
    }),
  };
}

function contextOf(entries: readonly ContextEntry[]): RequestContext {
  return new Map(
    entries.map(({ ContextKeyName: name = "", ContextKeyValues: values = [] }) => [name.toLowerCase(), values]),
  );
}

function contextKeys(policies: readonly Policy[]): string[] {
  return [...new Set(policies.flatMap(({ contextKeys: keys }) => keys))];
}

function boundaryOf({ PermissionsBoundaryPolicyInputList: list }: Question): Policy | undefined {
  return parseAll(list ?? [], "PermissionsBoundaryPolicyInputList")[0];
}

function resourceOf(
  { ResourcePolicy: document, ResourceOwner: owner }: Question,
  call: Call,
): Pick<ApplicablePolicies, "resource"> {
  if (document === undefined && owner === undefined) return {};
  const accountId = parseArn(owner ?? "")?.accountId ?? owner ?? call.accountId;
  return {
    resource: { policy: document === undefined ? undefined : parse(document, "resource", "ResourcePolicy"), accountId },
  };
}

function parseAll(documents: readonly string[], name: string): readonly Policy[] {
  return documents.map((document, index) => parse(document, "identity", `${name}.${index + 1}`));
}

/** Throws InvalidInput for a document that IAM would not keep either. */
function parse(document: string, kind: PolicyKind, id: string): Policy {
  try {
    return parsePolicy(document, kind, { id });
  } catch (error) {
    if (error instanceof MalformedPolicy) throw invalidSimulation(error.message);
    throw error;
  }
}

/** Whom a request is thought to come from; without a name, some user of the account. */
function callerOf(arn: string | undefined, { accountId, partition }: Call): RequestPrincipal {
  const parsed = parseArn(arn ?? "");
  const owner = parsed?.accountId ?? accountId;
  if (arn === undefined || parsed === undefined) {
    return { kind: "user", accountId, arn: `arn:${partition}:iam::${accountId}:user/simulated` };
  }
  const [kind, role = ""] = parsed.resource.split("/");
  if (kind === "root") return { kind: "root", accountId: owner, arn };
  if (kind === "role") return { kind: "assumed-role", accountId: owner, arn, roleArn: arn };
  if (kind === "assumed-role") {
    return { kind, accountId: owner, arn, roleArn: `arn:${parsed.partition}:iam::${owner}:role/${role}` };
  }
  return { kind: "user", accountId: owner, arn };
}
