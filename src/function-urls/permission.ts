/**
 * Whether a caller may use a function URL, by the resource policy of its function or alias. AWS asks for two actions: to
 * call the URL, and (since October 2025) to run the function through it. Conditions that are not known here are not
 * met. What identity policies allow is not looked at: a signed caller of the function's own account is let in.
 */
import type { FunctionUrl, Statement } from "../lambda/index.ts";
import { type Need, type Principal, partitionOf } from "../wire/index.ts";

export type UrlAction = "lambda:InvokeFunctionUrl" | "lambda:InvokeFunction";

const ACTIONS: readonly UrlAction[] = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];

/** The first action that the caller is not granted; `caller` is undefined for requests without a signature. */
export function missingPermission(url: FunctionUrl, caller: Principal | undefined): UrlAction | undefined {
  if (caller?.accountId === url.accountId) return undefined;
  return ACTIONS.find((action) => !url.statements.some((statement) => grants(statement, action, url, caller)));
}

function grants(statement: Statement, action: UrlAction, url: FunctionUrl, caller: Principal | undefined): boolean {
  const isAction = statement.Action === action || statement.Action === "lambda:*" || statement.Action === "*";
  return isAction && isFor(statement.Principal, caller) && conditionsHold(statement, url);
}

function isFor(principal: Statement["Principal"], caller: Principal | undefined): boolean {
  if (principal === "*") return true;
  const { AWS: arn } = principal;
  if (arn === "*") return true;
  if (arn === undefined || caller === undefined) return false;
  return arn === caller.arn || new RegExp(`^arn:[^:]+:iam::${caller.accountId}:root$`).test(arn);
}

function conditionsHold({ Condition = {} }: Statement, { authType }: FunctionUrl): boolean {
  const facts: Readonly<Record<string, string>> = {
    "lambda:FunctionUrlAuthType": authType,
    "lambda:InvokedViaFunctionUrl": "true",
  };
  return Object.values(Condition).every((keys) => Object.entries(keys).every(([key, wanted]) => facts[key] === wanted));
}

/** What a signed caller needs, for whoever decides by policies of every kind. */
export function needsOf(url: FunctionUrl): readonly Need[] {
  const { region, accountId, functionName, alias, authType, statements } = url;
  const arn = `arn:${partitionOf(region)}:lambda:${region}:${accountId}:function:${functionName}`;
  const policy = statements.length === 0 ? null : JSON.stringify({ Version: "2012-10-17", Statement: statements });
  return ACTIONS.map((action) => ({
    action,
    resource: alias === undefined ? arn : `${arn}:${alias}`,
    context: {
      "lambda:FunctionArn": alias === undefined ? arn : `${arn}:${alias}`,
      "lambda:FunctionUrlAuthType": authType,
      "lambda:InvokedViaFunctionUrl": "true",
    },
    resourcePolicy: policy,
  }));
}

/** The command that grants what is missing to everybody. */
export function grantCommand(url: FunctionUrl, action: UrlAction): string {
  const qualifier = url.alias === undefined ? "" : ` --qualifier ${url.alias}`;
  const rest =
    action === "lambda:InvokeFunctionUrl"
      ? `--function-url-auth-type ${url.authType} --statement-id FunctionURLAllowPublicAccess`
      : "--invoked-via-function-url --statement-id FunctionURLAllowInvokeAction";
  return `aws lambda add-permission --function-name ${url.functionName}${qualifier} --action ${action} --principal "*" ${rest}`;
}
