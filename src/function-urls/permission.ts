/**
 * Whether a caller may use a function URL, by the resource policies of its function and alias. AWS asks for two actions:
 * to call the URL, and (since October 2025) to run the function through it. What identity policies allow is not looked at
 * here: they are taken to allow, so that a signed caller of the function's own account is let in unless it is denied.
 */
import type { FunctionUrl } from "../lambda/index.ts";
import { decide, parsePolicy, principalFromArn, type RequestPrincipal } from "../policy/index.ts";
import { type Need, type Principal, partitionOf } from "../wire/index.ts";

export type UrlAction = "lambda:InvokeFunctionUrl" | "lambda:InvokeFunction";

const ACTIONS: readonly UrlAction[] = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];

const EVERYTHING = parsePolicy(
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  "identity",
);

/** The first action that the caller is not granted; `caller` is undefined for requests without a signature. */
export function missingPermission(url: FunctionUrl, caller: Principal | undefined): UrlAction | undefined {
  const principal = requesterOf(caller);
  const context = new Map(Object.entries(factsOf(url)).map(([key, value]) => [key.toLowerCase(), [value]]));
  const { accountId, resourcePolicy } = url;
  const policies = { identity: [EVERYTHING], resource: { policy: resourcePolicy?.policy, accountId } };
  const resource = arnOf(url);
  return ACTIONS.find((action) => !decide({ principal, action, resource, context }, policies).allowed);
}

function requesterOf(caller: Principal | undefined): RequestPrincipal {
  if (caller === undefined || caller.kind === "anonymous") return { kind: "anonymous" };
  if (caller.kind === "service") return { kind: "service", service: caller.arn };
  return principalFromArn(caller.arn) ?? { kind: "user", accountId: caller.accountId, arn: caller.arn };
}

function arnOf({ region, accountId, functionName, alias }: FunctionUrl): string {
  const arn = `arn:${partitionOf(region)}:lambda:${region}:${accountId}:function:${functionName}`;
  return alias === undefined ? arn : `${arn}:${alias}`;
}

/** Condition keys of the request. */
function factsOf(url: FunctionUrl): Readonly<Record<string, string>> {
  return {
    "lambda:FunctionArn": arnOf(url),
    "lambda:FunctionUrlAuthType": url.authType,
    "lambda:InvokedViaFunctionUrl": "true",
  };
}

/** What a signed caller needs, for whoever decides by policies of every kind. */
export function needsOf(url: FunctionUrl): readonly Need[] {
  const resourcePolicy = url.resourcePolicy?.document ?? null;
  return ACTIONS.map((action) => ({ action, resource: arnOf(url), context: factsOf(url), resourcePolicy }));
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
