/** Statements of resource policies as AWS writes them for a permission: their keys in AWS's order, as text. */
import { MalformedPolicy, parsePolicy } from "../policy/index.ts";
import { invalidParameter } from "./errors.ts";

export interface Permission {
  readonly sid: string;
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly partition: string;
  readonly sourceArn?: string | undefined;
  readonly sourceAccount?: string | undefined;
  readonly functionUrlAuthType?: string | undefined;
  readonly principalOrgId?: string | undefined;
  readonly eventSourceToken?: string | undefined;
  readonly invokedViaFunctionUrl?: boolean | undefined;
}

/** The statement as JSON text. Throws InvalidParameterValueException for a permission that AWS does not give. */
export function statementJson(permission: Permission): string {
  requireUrlSettings(permission);
  const condition = conditionOf(permission);
  const json = JSON.stringify({
    Sid: permission.sid,
    Effect: "Allow",
    Principal: principalOf(permission.principal, permission.partition),
    Action: permission.action,
    Resource: permission.resource,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  });
  requirePrincipal(json);
  return json;
}

const URL_ACTION = "lambda:InvokeFunctionUrl";

/** AWS's text for a grant that would open a function URL to everybody, whatever its authentication. */
export const publicUrlRefused = (): Error =>
  invalidParameter(
    "This policy could enable public access to your lambda function as it allows all Principals (*) to perform lambda:InvokeFunctionUrl action. You must specify lambda:FunctionUrlAuthType condition",
  );

function requireUrlSettings({ action, principal, functionUrlAuthType }: Permission): void {
  if (functionUrlAuthType !== undefined && action !== URL_ACTION) {
    throw invalidParameter(`FunctionUrlAuthType is only supported for ${URL_ACTION} action`);
  }
  if (action === URL_ACTION && principal === "*" && functionUrlAuthType === undefined) throw publicUrlRefused();
}

/** Hosts that services of AWS call from; which of them exist is not known here. */
const SERVICE =
  /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazonaws\.eu|amazon\.com|aws\.internal|c2s\.ic\.gov|sc2s\.sgov\.gov)$/;

function principalOf(principal: string, partition: string): string | Record<string, string> {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:${partition}:iam::${principal}:root` };
  if (/^arn:[^:]+:(iam|sts)::\d{12}:.+$/.test(principal)) return { AWS: principal };
  if (SERVICE.test(principal)) return { Service: principal };
  throw invalidPrincipal();
}

/** What is left to be wrong in the statement is its principal, such as an ARN with wildcards. */
function requirePrincipal(json: string): void {
  try {
    parsePolicy(`{"Version":"2012-10-17","Statement":[${json}]}`, "resource");
  } catch (error) {
    throw error instanceof MalformedPolicy ? invalidPrincipal() : error;
  }
}

const invalidPrincipal = (): Error =>
  invalidParameter("The provided principal was invalid. Please check the principal and try again.");

function conditionOf(permission: Permission): Record<string, Record<string, string>> {
  const equals = given({
    "AWS:SourceAccount": permission.sourceAccount,
    "lambda:FunctionUrlAuthType": permission.functionUrlAuthType,
    "aws:PrincipalOrgID": permission.principalOrgId,
    "lambda:EventSourceToken": permission.eventSourceToken,
  });
  const viaUrl = permission.invokedViaFunctionUrl;
  const bool = given({ "lambda:InvokedViaFunctionUrl": viaUrl === undefined ? undefined : String(viaUrl) });
  const arnLike = given({ "AWS:SourceArn": permission.sourceArn });
  const parts = Object.entries({ StringEquals: equals, Bool: bool, ArnLike: arnLike });
  return Object.fromEntries(parts.filter(([, part]) => Object.keys(part).length > 0));
}

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) if (value !== undefined) result[key] = value;
  return result;
}
