/**
 * AWS::Lambda::Permission and AWS::Lambda::LayerVersionPermission: one statement each, never changed. Its id holds a digest of what it
 * says, so one that says something else is another one.
 */
import { createHash } from "node:crypto";
import type { AddLayerVersionPermissionCommandInput, AddPermissionCommandInput } from "@aws-sdk/client-lambda";
import { isObject, type JsonObject, textOf } from "../json.ts";
import { defaultName, input, type Kind, type Live, type Subject, type Tools, unlessMissing } from "./kind.ts";
import { baseName, qualifierOf } from "./names.ts";

const never = (): Promise<never> => Promise.reject(new Error("a permission is never changed"));

export const permission: Kind = {
  shape: {
    FunctionName: "text",
    Action: "text",
    Principal: "text",
    SourceArn: "text",
    SourceAccount: "text",
    EventSourceToken: "text",
    FunctionUrlAuthType: "text",
    InvokedViaFunctionUrl: "boolean",
    PrincipalOrgID: "text",
  },
  required: ["FunctionName", "Action", "Principal"],
  defaults: {},
  replacing: [],
  exact: [],

  predict(desired, subject) {
    const name = desired["FunctionName"];
    if (typeof name !== "string") return {};
    const qualifier = qualifierOf(name);
    const of = `${baseName(name)}${qualifier === undefined ? "" : `:${qualifier}`}`;
    const sid = statementId(desired, subject);
    return { physicalId: `${of}#${sid}`, attributes: { Ref: sid, Id: sid } };
  },

  async read(tools, id, desired) {
    const { sdk, client } = tools.lambda;
    const [of = "", sid = ""] = id.split("#");
    const found = await unlessMissing(client.send(new sdk.GetPolicyCommand(target(of))));
    return hasStatement(found?.Policy, sid) ? live(id, sid, desired) : undefined;
  },

  async create(tools, desired, subject) {
    const { sdk, client } = tools.lambda;
    const id = this.predict(desired, subject).physicalId ?? "";
    const [of = "", sid = ""] = id.split("#");
    const members = { ...input<AddPermissionCommandInput>(desired), ...target(of), StatementId: sid };
    await client.send(new sdk.AddPermissionCommand(members));
    return live(id, sid, desired);
  },

  update: never,

  async remove({ lambda: { sdk, client } }, id) {
    const [of = "", StatementId = ""] = id.split("#");
    await unlessMissing(client.send(new sdk.RemovePermissionCommand({ ...target(of), StatementId })));
  },
};

export const layerVersionPermission: Kind = {
  shape: { LayerVersionArn: "text", Action: "text", Principal: "text", OrganizationId: "text" },
  required: ["LayerVersionArn", "Action", "Principal"],
  defaults: {},
  replacing: [],
  exact: [],

  predict(desired, subject) {
    const arn = textOf(desired["LayerVersionArn"]);
    return arn === undefined ? {} : { physicalId: `${arn}#${statementId(desired, subject)}` };
  },

  async read(tools, id, desired) {
    const { sdk, client } = tools.lambda;
    const [arn = "", sid = ""] = id.split("#");
    const found = await unlessMissing(client.send(new sdk.GetLayerVersionPolicyCommand(layer(arn))));
    return hasStatement(found?.Policy, sid) ? live(id, sid, desired) : undefined;
  },

  async create(tools: Tools, desired, subject) {
    const { sdk, client } = tools.lambda;
    const id = this.predict(desired, subject).physicalId ?? "";
    const [arn = "", sid = ""] = id.split("#");
    const { LayerVersionArn: _, ...settings } = desired;
    const members = { ...input<AddLayerVersionPermissionCommandInput>(settings), ...layer(arn), StatementId: sid };
    await client.send(new sdk.AddLayerVersionPermissionCommand(members));
    return live(id, sid, desired);
  },

  update: never,

  async remove({ lambda: { sdk, client } }, id) {
    const [arn = "", StatementId = ""] = id.split("#");
    await unlessMissing(client.send(new sdk.RemoveLayerVersionPermissionCommand({ ...layer(arn), StatementId })));
  },
};

function statementId(desired: JsonObject, subject: Subject): string {
  const { FunctionName: _, LayerVersionArn: __, ...says } = desired;
  const digest = createHash("sha256")
    .update(JSON.stringify(Object.entries(says).sort()))
    .digest("hex")
    .slice(0, 8);
  return `${defaultName(subject, 90)}-${digest}`;
}

function hasStatement(policy: string | undefined, sid: string): boolean {
  const document: unknown = JSON.parse(policy ?? "{}");
  const statements = isRecord(document) ? document["Statement"] : [];
  return Array.isArray(statements) && statements.some((statement) => isObject(statement) && statement["Sid"] === sid);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function target(of: string): { FunctionName: string; Qualifier?: string } {
  const [FunctionName = "", Qualifier] = of.split(":");
  return Qualifier === undefined ? { FunctionName } : { FunctionName, Qualifier };
}

function layer(arn: string): { LayerName: string; VersionNumber: number } {
  const at = arn.lastIndexOf(":");
  return { LayerName: arn.slice(0, at), VersionNumber: Number(arn.slice(at + 1)) };
}

function live(physicalId: string, sid: string, properties: JsonObject): Live {
  return { physicalId, properties, attributes: { Ref: sid, Id: sid } };
}
