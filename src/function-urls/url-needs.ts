/**
 * What calling a function URL needs. AWS asks for two actions: to call the URL, and (since October 2025) to run the function
 * through it. Who may is decided elsewhere.
 */
import type { FunctionUrl } from "../lambda/index.ts";
import { type Need, partitionOf } from "../wire/index.ts";

export type UrlAction = "lambda:InvokeFunctionUrl" | "lambda:InvokeFunction";

export type UrlNeed = Need & { readonly action: UrlAction; readonly context: Readonly<Record<string, string>> };

const ACTIONS: readonly UrlAction[] = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];

export function needsOf(url: FunctionUrl): readonly UrlNeed[] {
  const { region, accountId, functionName, alias, authType } = url;
  const whole = `arn:${partitionOf(region)}:lambda:${region}:${accountId}:function:${functionName}`;
  const resource = alias === undefined ? whole : `${whole}:${alias}`;
  const context = {
    "lambda:FunctionArn": resource,
    "lambda:FunctionUrlAuthType": authType,
    "lambda:InvokedViaFunctionUrl": "true",
  };
  return ACTIONS.map((action) => ({ action, resource, context, resourcePolicy: url.resourcePolicy ?? null }));
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
