/** AWS::Lambda::Url. */
import type { CreateFunctionUrlConfigCommandInput } from "@aws-sdk/client-lambda";
import { isEmpty } from "../differences.ts";
import { defined, type JsonObject, plainObject, textOf } from "../json.ts";
import { input, type Kind, type Live, unlessMissing } from "./kind.ts";
import { baseName } from "./names.ts";

export const url: Kind = {
  shape: {
    TargetFunctionArn: "text",
    Qualifier: "text",
    AuthType: "text",
    InvokeMode: "text",
    Cors: {
      AllowCredentials: "boolean",
      AllowHeaders: ["text"],
      AllowMethods: ["text"],
      AllowOrigins: ["text"],
      ExposeHeaders: ["text"],
      MaxAge: "number",
    },
  },
  required: ["TargetFunctionArn", "AuthType"],
  defaults: { InvokeMode: "BUFFERED", Cors: {} },
  replacing: [],
  exact: ["Cors"],

  predict(desired) {
    const target = desired["TargetFunctionArn"];
    if (typeof target !== "string") return {};
    const qualifier = textOf(desired["Qualifier"]);
    return { physicalId: `${baseName(target)}${qualifier === undefined ? "" : `:${qualifier}`}` };
  },

  async read({ lambda: { sdk, client } }, id, desired) {
    const found = await unlessMissing(client.send(new sdk.GetFunctionUrlConfigCommand(which(id))));
    if (found === undefined) return undefined;
    return live(id, found, { ...plainObject(found), ...targetIn(desired) });
  },

  async create({ lambda: { sdk, client } }, desired) {
    const { TargetFunctionArn: target, Cors: cors, ...settings } = desired;
    const members = {
      ...settings,
      ...(isEmpty(cors) ? {} : { Cors: cors ?? {} }),
      FunctionName: baseName(String(target)),
    };
    const made = await client.send(
      new sdk.CreateFunctionUrlConfigCommand(input<CreateFunctionUrlConfigCommandInput>(members)),
    );
    return live(this.predict(desired, { id: "", place: NOWHERE }).physicalId ?? "", made, desired);
  },

  async update({ lambda: { sdk, client } }, before, desired) {
    const { TargetFunctionArn: target, ...settings } = desired;
    const members = input<CreateFunctionUrlConfigCommandInput>({ ...settings, FunctionName: baseName(String(target)) });
    return live(before.physicalId, await client.send(new sdk.UpdateFunctionUrlConfigCommand(members)), desired);
  },

  async remove({ lambda: { sdk, client } }, id) {
    await unlessMissing(client.send(new sdk.DeleteFunctionUrlConfigCommand(which(id))));
  },
};

const NOWHERE = { region: "", account: "", stack: "" };

function which(id: string): { FunctionName: string; Qualifier?: string } {
  const [FunctionName = "", Qualifier] = id.split(":");
  return Qualifier === undefined ? { FunctionName } : { FunctionName, Qualifier };
}

function targetIn(desired: JsonObject): JsonObject {
  return defined({ TargetFunctionArn: desired["TargetFunctionArn"], Qualifier: desired["Qualifier"] });
}

interface Configured {
  readonly FunctionUrl?: string | undefined;
  readonly FunctionArn?: string | undefined;
}

function live(physicalId: string, { FunctionUrl = "", FunctionArn = "" }: Configured, properties: JsonObject): Live {
  return { physicalId, properties, attributes: { Ref: FunctionArn, FunctionArn, FunctionUrl } };
}
