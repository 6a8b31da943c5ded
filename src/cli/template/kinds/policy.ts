/** AWS::IAM::Policy, an inline policy of roles, and AWS::IAM::ManagedPolicy with its versions. */
import { type JsonObject, listOf, textOf } from "../json.ts";
import { defaultName, type Kind, type Live, type Subject, type Tools, unlessMissing } from "./kind.ts";
import { documentIn, policyText } from "./policy-text.ts";

/** IAM keeps five versions of a policy. */
const VERSIONS_MAX = 5;

export const inlinePolicy: Kind = {
  shape: { PolicyName: "text", PolicyDocument: "json", Roles: ["text"] },
  required: ["PolicyName", "PolicyDocument"],
  defaults: { Roles: [] },
  replacing: [],
  exact: ["PolicyDocument"],

  predict(desired) {
    const roles = listOf(desired["Roles"]);
    if (roles.some((name) => typeof name !== "string")) return {};
    return { physicalId: `${roles.join(",")}|${String(desired["PolicyName"])}` };
  },

  async read({ iam: { sdk, client } }, id, desired) {
    const { roles, PolicyName } = parts(id);
    const documents = await Promise.all(
      roles.map((RoleName) => unlessMissing(client.send(new sdk.GetRolePolicyCommand({ RoleName, PolicyName })))),
    );
    const [first] = documents;
    if (first === undefined || documents.includes(undefined)) return undefined;
    return liveInline(id, { ...desired, PolicyDocument: documentIn(first.PolicyDocument) });
  },

  create: (tools, desired, subject) => put(tools, desired, subject),
  update: (tools, _before, desired, _changed, subject) => put(tools, desired, subject),

  async remove({ iam: { sdk, client } }, id) {
    const { roles, PolicyName } = parts(id);
    for (const RoleName of roles) {
      await unlessMissing(client.send(new sdk.DeleteRolePolicyCommand({ RoleName, PolicyName })));
    }
  },
};

async function put({ iam: { sdk, client } }: Tools, desired: JsonObject, subject: Subject): Promise<Live> {
  const id = inlinePolicy.predict(desired, subject).physicalId ?? "";
  const { roles, PolicyName } = parts(id);
  const PolicyDocument = policyText(desired["PolicyDocument"]);
  for (const RoleName of roles)
    await client.send(new sdk.PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  return liveInline(id, desired);
}

function parts(id: string): { readonly roles: readonly string[]; readonly PolicyName: string } {
  const [roles = "", PolicyName = ""] = id.split("|");
  return { roles: roles.split(",").filter((name) => name !== ""), PolicyName };
}

function liveInline(id: string, properties: JsonObject): Live {
  return { physicalId: id, properties, attributes: { Ref: parts(id).PolicyName, Id: parts(id).PolicyName } };
}

export const managedPolicy: Kind = {
  shape: { ManagedPolicyName: "text", PolicyDocument: "json", Description: "text", Path: "text", Roles: ["text"] },
  required: ["PolicyDocument"],
  defaults: { Description: "", Path: "/", Roles: [] },
  replacing: ["Path", "Description"],
  exact: ["PolicyDocument"],

  predict(desired, subject) {
    const name = textOf(desired["ManagedPolicyName"]) ?? defaultName(subject, 128);
    const arn = `arn:aws:iam::${subject.place.account}:policy${textOf(desired["Path"]) ?? "/"}${name}`;
    return { physicalId: arn, attributes: { Ref: arn, PolicyArn: arn } };
  },

  async read({ iam: { sdk, client } }, arn, desired) {
    const PolicyArn = arn;
    const found = await unlessMissing(client.send(new sdk.GetPolicyCommand({ PolicyArn })));
    if (found === undefined) return undefined;
    const VersionId = found.Policy?.DefaultVersionId ?? "v1";
    const { PolicyVersion } = await client.send(new sdk.GetPolicyVersionCommand({ PolicyArn, VersionId }));
    const { PolicyRoles = [] } = await client.send(new sdk.ListEntitiesForPolicyCommand({ PolicyArn }));
    const wanted = listOf(desired["Roles"]).map(String);
    const attached = PolicyRoles.map(({ RoleName = "" }) => RoleName);
    return liveManaged(arn, {
      ...desired,
      Description: found.Policy?.Description ?? "",
      Path: found.Policy?.Path ?? "/",
      PolicyDocument: documentIn(PolicyVersion?.Document),
      Roles: wanted.filter((name) => attached.includes(name)),
    });
  },

  async create(tools, desired, subject) {
    const { sdk, client } = tools.iam;
    const description = textOf(desired["Description"]) ?? "";
    const made = await client.send(
      new sdk.CreatePolicyCommand({
        PolicyName: textOf(desired["ManagedPolicyName"]) ?? defaultName(subject, 128),
        PolicyDocument: policyText(desired["PolicyDocument"]),
        Path: String(desired["Path"]),
        ...(description === "" ? {} : { Description: description }),
      }),
    );
    const arn = made.Policy?.Arn ?? "";
    await attach(tools, arn, desired);
    return liveManaged(arn, desired);
  },

  async update(tools, before, desired, changed) {
    const { sdk, client } = tools.iam;
    const PolicyArn = before.physicalId;
    if (changed.has("PolicyDocument")) {
      const { Versions = [] } = await client.send(new sdk.ListPolicyVersionsCommand({ PolicyArn }));
      const oldest = Versions.filter((version) => version.IsDefaultVersion !== true).at(-1)?.VersionId;
      if (Versions.length >= VERSIONS_MAX && oldest !== undefined) {
        await client.send(new sdk.DeletePolicyVersionCommand({ PolicyArn, VersionId: oldest }));
      }
      const PolicyDocument = policyText(desired["PolicyDocument"]);
      await client.send(new sdk.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
    }
    await attach(tools, PolicyArn, desired);
    return liveManaged(PolicyArn, desired);
  },

  async remove({ iam: { sdk, client } }, PolicyArn) {
    const entities = await unlessMissing(client.send(new sdk.ListEntitiesForPolicyCommand({ PolicyArn })));
    if (entities === undefined) return;
    for (const { RoleName = "" } of entities.PolicyRoles ?? []) {
      await client.send(new sdk.DetachRolePolicyCommand({ RoleName, PolicyArn }));
    }
    const { Versions = [] } = await client.send(new sdk.ListPolicyVersionsCommand({ PolicyArn }));
    for (const { VersionId = "", IsDefaultVersion } of Versions) {
      if (IsDefaultVersion !== true) await client.send(new sdk.DeletePolicyVersionCommand({ PolicyArn, VersionId }));
    }
    await client.send(new sdk.DeletePolicyCommand({ PolicyArn }));
  },
};

async function attach({ iam: { sdk, client } }: Tools, PolicyArn: string, desired: JsonObject): Promise<void> {
  for (const RoleName of listOf(desired["Roles"]).map(String)) {
    await client.send(new sdk.AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }
}

function liveManaged(arn: string, properties: JsonObject): Live {
  return { physicalId: arn, properties, attributes: { Ref: arn, PolicyArn: arn } };
}
