/** Resource policies as AWS writes them: one statement per permission, its keys in AWS's order, as text. */
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

/** The statement as JSON text. Throws InvalidParameterValueException for a principal that is none. */
export function statementJson(permission: Permission): string {
  const condition = conditionOf(permission);
  return JSON.stringify({
    Sid: permission.sid,
    Effect: "Allow",
    Principal: principalOf(permission.principal, permission.partition),
    Action: permission.action,
    Resource: permission.resource,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  });
}

/** The policy document around statements. */
export function policyJson(statements: readonly { readonly json: string }[]): string {
  return `{"Version":"2012-10-17","Id":"default","Statement":[${statements.map(({ json }) => json).join(",")}]}`;
}

function principalOf(principal: string, partition: string): string | Record<string, string> {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:${partition}:iam::${principal}:root` };
  if (/^arn:[^:]+:(iam|sts)::\d{12}:.+$/.test(principal)) return { AWS: principal };
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(principal)) return { Service: principal };
  throw invalidParameter("The provided principal was invalid. Please check the principal and try again.");
}

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
