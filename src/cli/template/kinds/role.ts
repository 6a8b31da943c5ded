/** AWS::IAM::Role with its inline and attached policies. */
import { type JsonObject, listOf, objectOf, textOf } from "../json.ts";
import { defaultName, type Kind, type Live, ownTags, type Tools, tagsOf, unlessMissing } from "./kind.ts";
import { documentIn, policyText } from "./policy-text.ts";

export const role: Kind = {
  shape: {
    RoleName: "text",
    AssumeRolePolicyDocument: "json",
    Description: "text",
    ManagedPolicyArns: ["text"],
    MaxSessionDuration: "number",
    Path: "text",
    PermissionsBoundary: "text",
    Policies: [{ PolicyName: "text", PolicyDocument: "json" }],
    Tags: "json",
  },
  required: ["AssumeRolePolicyDocument"],
  defaults: { Description: "", ManagedPolicyArns: [], MaxSessionDuration: 3600, Path: "/", Policies: [] },
  replacing: ["Path"],
  exact: ["AssumeRolePolicyDocument", "Policies"],

  predict(desired, subject) {
    const name = textOf(desired["RoleName"]) ?? defaultName(subject, 64);
    const arn = `arn:aws:iam::${subject.place.account}:role${textOf(desired["Path"]) ?? "/"}${name}`;
    return { physicalId: name, attributes: { Ref: name, Arn: arn } };
  },

  async read({ iam: { sdk, client } }, name, desired) {
    const RoleName = name;
    const found = await unlessMissing(client.send(new sdk.GetRoleCommand({ RoleName })));
    if (found === undefined) return undefined;
    const attached = await client.send(new sdk.ListAttachedRolePoliciesCommand({ RoleName }));
    const arns = (attached.AttachedPolicies ?? []).map(({ PolicyArn = "" }) => PolicyArn);
    const { PolicyNames: names = [] } = await client.send(new sdk.ListRolePoliciesCommand({ RoleName }));
    // Policies that another resource of the template puts in are that one's.
    const wanted = listOf(desired["Policies"]).map((policy) => textOf(objectOf(policy)["PolicyName"]));
    const own = names.filter((policy) => wanted.includes(policy) || /RolePolicy\d+$/.test(policy));
    const policies: JsonObject[] = [];
    for (const PolicyName of own) {
      const { PolicyDocument } = await client.send(new sdk.GetRolePolicyCommand({ RoleName, PolicyName }));
      policies.push({ PolicyName, PolicyDocument: documentIn(PolicyDocument) });
    }
    return live(found.Role?.Arn ?? "", {
      ...desired,
      AssumeRolePolicyDocument: documentIn(found.Role?.AssumeRolePolicyDocument),
      Description: found.Role?.Description ?? "",
      MaxSessionDuration: found.Role?.MaxSessionDuration ?? 3600,
      Path: found.Role?.Path ?? "/",
      PermissionsBoundary: found.Role?.PermissionsBoundary?.PermissionsBoundaryArn ?? "",
      ManagedPolicyArns: inOrderOf(arns, listOf(desired["ManagedPolicyArns"]).map(String)),
      Policies: policies.toSorted(
        (a, b) => wanted.indexOf(textOf(a["PolicyName"])) - wanted.indexOf(textOf(b["PolicyName"])),
      ),
    });
  },

  async create(tools, desired, subject) {
    const { sdk, client } = tools.iam;
    const RoleName = textOf(desired["RoleName"]) ?? defaultName(subject, 64);
    const boundary = textOf(desired["PermissionsBoundary"]);
    const made = await client.send(
      new sdk.CreateRoleCommand({
        RoleName,
        AssumeRolePolicyDocument: policyText(desired["AssumeRolePolicyDocument"]),
        ...(textOf(desired["Description"]) ? { Description: String(desired["Description"]) } : {}),
        Path: String(desired["Path"]),
        MaxSessionDuration: Number(desired["MaxSessionDuration"]),
        ...(boundary === undefined ? {} : { PermissionsBoundary: boundary }),
        Tags: Object.entries({ ...tagsOf(desired["Tags"]), ...ownTags(subject) }).map(([Key, Value]) => ({
          Key,
          Value,
        })),
      }),
    );
    const arn = made.Role?.Arn ?? "";
    await bring(tools, RoleName, live(arn, { ManagedPolicyArns: [], Policies: [] }), desired);
    return live(arn, desired);
  },

  async update(tools, before, desired, changed) {
    const { sdk, client } = tools.iam;
    const RoleName = before.physicalId;
    if (changed.has("AssumeRolePolicyDocument")) {
      const PolicyDocument = policyText(desired["AssumeRolePolicyDocument"]);
      await client.send(new sdk.UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    }
    if (changed.has("Description") || changed.has("MaxSessionDuration")) {
      const Description = String(desired["Description"]);
      const MaxSessionDuration = Number(desired["MaxSessionDuration"]);
      await client.send(new sdk.UpdateRoleCommand({ RoleName, Description, MaxSessionDuration }));
    }
    if (changed.has("PermissionsBoundary")) {
      const PermissionsBoundary = String(desired["PermissionsBoundary"]);
      await client.send(new sdk.PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
    }
    await bring(tools, RoleName, before, desired);
    return live(before.attributes["Arn"] ?? "", desired);
  },

  async remove({ iam: { sdk, client } }, RoleName) {
    const attached = await unlessMissing(client.send(new sdk.ListAttachedRolePoliciesCommand({ RoleName })));
    if (attached === undefined) return;
    for (const { PolicyArn = "" } of attached.AttachedPolicies ?? []) {
      await client.send(new sdk.DetachRolePolicyCommand({ RoleName, PolicyArn }));
    }
    const { PolicyNames = [] } = await client.send(new sdk.ListRolePoliciesCommand({ RoleName }));
    for (const PolicyName of PolicyNames) await client.send(new sdk.DeleteRolePolicyCommand({ RoleName, PolicyName }));
    await client.send(new sdk.DeleteRoleCommand({ RoleName }));
  },
};

/** Attaches, detaches, puts and deletes policies until the role has those that the template says. */
async function bring(
  { iam: { sdk, client } }: Tools,
  RoleName: string,
  before: Live,
  desired: JsonObject,
): Promise<void> {
  const had = listOf(before.properties["ManagedPolicyArns"]).map(String);
  const wanted = listOf(desired["ManagedPolicyArns"]).map(String);
  for (const PolicyArn of wanted.filter((arn) => !had.includes(arn))) {
    await client.send(new sdk.AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }
  for (const PolicyArn of had.filter((arn) => !wanted.includes(arn))) {
    await client.send(new sdk.DetachRolePolicyCommand({ RoleName, PolicyArn }));
  }
  const inline = listOf(desired["Policies"]).map(objectOf);
  for (const policy of inline) {
    const PolicyDocument = policyText(policy["PolicyDocument"]);
    await client.send(
      new sdk.PutRolePolicyCommand({ RoleName, PolicyName: String(policy["PolicyName"]), PolicyDocument }),
    );
  }
  const names = inline.map((policy) => policy["PolicyName"]);
  for (const policy of listOf(before.properties["Policies"]).map(objectOf)) {
    if (names.includes(policy["PolicyName"])) continue;
    await client.send(new sdk.DeleteRolePolicyCommand({ RoleName, PolicyName: String(policy["PolicyName"]) }));
  }
}

/** Order means nothing, so that of the template is taken where it has the entry. */
function inOrderOf(items: readonly string[], order: readonly string[]): string[] {
  return [...order.filter((item) => items.includes(item)), ...items.filter((item) => !order.includes(item))];
}

function live(arn: string, properties: JsonObject): Live {
  const name = arn.split("/").at(-1) ?? "";
  return { physicalId: name, properties, attributes: { Ref: name, Arn: arn } };
}
