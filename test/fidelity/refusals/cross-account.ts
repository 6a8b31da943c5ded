/** What belongs to another account, whose policies grant nothing. */
import type { Request } from "../support/raw.ts";
import { create, P, type Row } from "../support/refusal.ts";

const ACCOUNT = "111122223333";
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:theirs`;
const LAYER = `arn:aws:lambda:us-east-1:${ACCOUNT}:layer:theirs`;
const DENIED = "AccessDeniedException";
const named = encodeURIComponent(FUNCTION);

const refused = (when: string, request: Request, action: string, resource = FUNCTION): Row => [
  when,
  request,
  403,
  DENIED,
  `User: arn:aws:iam::000000000000:user/lambent is not authorized to perform: lambda:${action} on resource: ${resource} because no resource-based policy allows the lambda:${action} action`,
];
/** Operations that do not cross accounts say nothing. */
const silent = (when: string, request: Request): Row => [when, request, 403, DENIED, ""];

export const crossAccount: readonly Row[] = [
  refused("invoke another account's function", ["POST", `${P}/${named}/invocations`, {}], "InvokeFunction"),
  refused(
    "send an event to another account's function",
    ["POST", `${P}/${named}/invocations`, {}, { "x-amz-invocation-type": "Event" }],
    "InvokeFunction",
  ),
  refused("get another account's function", ["GET", `${P}/${named}`], "GetFunction"),
  refused(
    "get the configuration of another account's function",
    ["GET", `${P}/${named}/configuration`],
    "GetFunctionConfiguration",
  ),
  refused("delete another account's function", ["DELETE", `${P}/${named}`], "DeleteFunction"),
  refused("list aliases of another account's function", ["GET", `${P}/${named}/aliases`], "ListAliases"),
  refused("publish another account's function", ["POST", `${P}/${named}/versions`, {}], "PublishVersion"),
  refused("list versions of another account's function", ["GET", `${P}/${named}/versions`], "ListVersionsByFunction"),
  refused("get the policy of another account's function", ["GET", `${P}/${named}/policy`], "GetPolicy"),
  refused("list tags of another account's function", ["GET", `/2017-03-31/tags/${named}`], "ListTags"),
  silent("configure another account's function", ["PUT", `${P}/${named}/configuration`, { Timeout: 5 }]),
  silent("get the event invoke config of another account's function", [
    "GET",
    `/2019-09-25/functions/${named}/event-invoke-config`,
  ]),
  silent("get the URL of another account's function", ["GET", `/2021-10-31/functions/${named}/url`]),
  refused("create with another account's layer", create({ Layers: [`${LAYER}:1`] }), "GetLayerVersion", `${LAYER}:1`),
  refused(
    "get another account's layer version",
    ["GET", `/2018-10-31/layers/${encodeURIComponent(LAYER)}/versions/1`],
    "GetLayerVersion",
    `${LAYER}:1`,
  ),
  refused(
    "delete another account's layer version",
    ["DELETE", `/2018-10-31/layers/${encodeURIComponent(LAYER)}/versions/1`],
    "DeleteLayerVersion",
    `${LAYER}:1`,
  ),
];
