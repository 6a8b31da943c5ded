/**
 * What operations of IAM need: the action of the operation's name, on the user, group, role, policy, profile or provider
 * that the input names. What names none is asked for on everything. Source: Service Authorization Reference, "Actions,
 * resources, and condition keys for AWS Identity and Access Management".
 */
import type { Authorization, Call, Need } from "../../wire/index.ts";
import { findPolicy } from "./policy-lookup.ts";
import { entityArn, type IamClient, type IamState } from "./state.ts";
import { callerName } from "./users.ts";

type Members = Readonly<Record<string, unknown>>;

/** Members that name a resource, and the kind of its ARN. The first that is there counts. */
const NAMED = [
  ["InstanceProfileName", "instance-profile"],
  ["GroupName", "group"],
  ["RoleName", "role"],
  ["UserName", "user"],
] as const;
const ARNS = ["PolicyArn", "PolicySourceArn", "OpenIDConnectProviderArn", "SAMLProviderArn"] as const;
/** The resource is who has the policy, and the policy a condition. */
const ATTACHMENTS = /^(Attach|Detach)(User|Group|Role)Policy$/;
/** Operations on whose user or role a boundary is a condition: its own, where the request sets none. */
const UNDER_BOUNDARY = /^(Attach|Detach|Put|Delete)(User|Role)Policy$|^Delete(User|Role)PermissionsBoundary$/;
/** IAM User Guide, "Rename an IAM user": the caller needs permission on both. */
const RENAMES: Readonly<Record<string, "user" | "group">> = { UpdateUser: "user", UpdateGroup: "group" };
/** Operations that change the caller itself where nobody is named. */
const OF_CALLER = /^(Get|Delete|Update|Create|List)?(User|AccessKeys?|LoginProfile|MFADevices)$/;
/** Operations with no resource of their own. */
const NO_RESOURCE = /^(List(Users|Groups|Roles|Policies|InstanceProfiles)|SimulateCustomPolicy)$/;

/** Each operation of the table asks for itself. */
export function iamAuthorization(state: IamState, operations: readonly string[]): Authorization<IamClient> {
  const table = operations.map((operation) => [
    operation,
    async (input: Members, call: Call): Promise<readonly Need[]> => needsOf(state, operation, input, call),
  ]);
  return Object.fromEntries(table);
}

async function needsOf(state: IamState, operation: string, input: Members, call: Call): Promise<readonly Need[]> {
  const kept = await keptOf(state, operation, input, call);
  const need = {
    action: `iam:${operation}`,
    resource: await resourceOf(state, operation, input, call),
    context: { ...keptContext(operation, kept), ...contextOf(operation, input) },
  };
  const renamed = renamedOf(operation, input, call, kept);
  if (renamed !== undefined) return [need, { ...need, resource: renamed }];
  const passed = operation === "AddRoleToInstanceProfile" ? text(input["RoleName"]) : undefined;
  if (passed === undefined) return [need];
  const role = await arnOfKept(state, call, "role", passed);
  return [need, { action: "iam:PassRole", resource: role, context: { "iam:PassedToService": "ec2.amazonaws.com" } }];
}

async function resourceOf(state: IamState, operation: string, input: Members, call: Call): Promise<string> {
  if (NO_RESOURCE.test(operation)) return "*";
  if (!ATTACHMENTS.test(operation)) {
    const arn = ARNS.map((member) => text(input[member])).find((given) => given !== undefined);
    if (arn !== undefined) return arn;
  }
  const { partition, accountId } = call;
  const own = `arn:${partition}:iam::${accountId}`;
  switch (operation) {
    case "CreatePolicy":
      return `${own}:policy${text(input["Path"]) ?? "/"}${text(input["PolicyName"])}`;
    case "CreateOpenIDConnectProvider":
      return `${own}:oidc-provider/${text(input["Url"])?.replace(/^https:\/\//, "")}`;
    case "CreateSAMLProvider":
      return `${own}:saml-provider/${text(input["Name"])}`;
    case "CreateServiceLinkedRole":
      return `${own}:role/aws-service-role/${text(input["AWSServiceName"])}/*`;
    default:
      break;
  }
  for (const [member, kind] of NAMED) {
    const name = text(input[member]);
    if (name === undefined) continue;
    const path = text(input["Path"]);
    if (operation.startsWith("Create") && path !== undefined) return entityArn(call, kind, { path, name });
    return arnOfKept(state, call, kind, name);
  }
  return OF_CALLER.test(operation) ? callerArn(call) : "*";
}

/** With the path that the record has; the root path where there is none. */
async function arnOfKept(
  state: IamState,
  call: Call,
  kind: "user" | "group" | "role" | "instance-profile",
  name: string,
): Promise<string> {
  const tables = { user: state.users, group: state.groups, role: state.roles, "instance-profile": state.profiles };
  return entityArn(call, kind, (await tables[kind].find(call, name)) ?? { path: "/", name });
}

/** What of a record conditions may ask for. */
interface Kept {
  readonly path: string;
  readonly name: string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
  readonly permissionsBoundary?: string;
}

/** The record of what an operation is about, where it is there. */
async function keptOf(state: IamState, operation: string, input: Members, call: Call): Promise<Kept | undefined> {
  const arn = ATTACHMENTS.test(operation) ? undefined : text(input["PolicyArn"]);
  if (arn !== undefined) return findPolicy(state, call, arn);
  const tables = { user: state.users, group: state.groups, role: state.roles, "instance-profile": state.profiles };
  for (const [member, kind] of NAMED) {
    const name = text(input[member]);
    if (name !== undefined) return tables[kind].find(call, name);
  }
  const own = OF_CALLER.test(operation) ? callerName(call) : undefined;
  return own === undefined ? undefined : state.users.find(call, own);
}

function keptContext(operation: string, kept: Kept | undefined): Record<string, string> {
  const { tags = [], permissionsBoundary: boundary } = kept ?? {};
  return {
    ...(boundary !== undefined && UNDER_BOUNDARY.test(operation) && { "iam:PermissionsBoundary": boundary }),
    ...Object.fromEntries(
      tags.flatMap(({ key, value }) => [
        [`aws:ResourceTag/${key}`, value],
        [`iam:ResourceTag/${key}`, value],
      ]),
    ),
  };
}

/** What a user or group is to be called: its caller needs the same right on that. */
function renamedOf(operation: string, input: Members, call: Call, kept: Kept | undefined): string | undefined {
  const kind = RENAMES[operation];
  const [path, name] = [text(input["NewPath"]), text(input["NewUserName"]) ?? text(input["NewGroupName"])];
  if (kind === undefined || kept === undefined || (path === undefined && name === undefined)) return undefined;
  return entityArn(call, kind, { path: path ?? kept.path, name: name ?? kept.name });
}

function callerArn(call: Call): string {
  const { principal } = call;
  if (principal.kind !== "user") return "*";
  return callerName(call) === undefined ? "*" : principal.arn;
}

function contextOf(operation: string, input: Members): Record<string, string | readonly string[]> {
  const boundary = text(input["PermissionsBoundary"]);
  const policy = ATTACHMENTS.test(operation) ? text(input["PolicyArn"]) : undefined;
  const service = text(input["AWSServiceName"]);
  const tags = tagsOf(input["Tags"]);
  const keys = [...tags.map(([key]) => key), ...strings(input["TagKeys"])];
  return {
    ...(boundary === undefined ? {} : { "iam:PermissionsBoundary": boundary }),
    ...(policy === undefined ? {} : { "iam:PolicyARN": policy }),
    ...(service === undefined ? {} : { "iam:AWSServiceName": service }),
    ...(keys.length === 0 ? {} : { "aws:TagKeys": keys }),
    ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  };
}

function tagsOf(tags: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(tags)) return [];
  return tags.flatMap((tag: unknown) => {
    if (typeof tag !== "object" || tag === null || !("Key" in tag) || !("Value" in tag)) return [];
    const { Key, Value } = tag;
    return typeof Key === "string" && typeof Value === "string" ? [[Key, Value] as const] : [];
  });
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
