/** AWS::Lambda::EventInvokeConfig. */
import type { PutFunctionEventInvokeConfigCommandInput } from "@aws-sdk/client-lambda";
import { isEmpty } from "../differences.ts";
import { type JsonObject, plainObject } from "../json.ts";
import { input, type Kind, type Live, type Tools, unlessMissing } from "./kind.ts";
import { baseName } from "./names.ts";

export const eventInvokeConfig: Kind = {
  shape: {
    FunctionName: "text",
    Qualifier: "text",
    MaximumEventAgeInSeconds: "number",
    MaximumRetryAttempts: "number",
    DestinationConfig: { OnSuccess: { Destination: "text" }, OnFailure: { Destination: "text" } },
  },
  required: ["FunctionName", "Qualifier"],
  defaults: { MaximumEventAgeInSeconds: null, MaximumRetryAttempts: null, DestinationConfig: {} },
  replacing: [],
  exact: [],

  predict(desired) {
    const name = desired["FunctionName"];
    return typeof name !== "string" ? {} : { physicalId: `${baseName(name)}|${String(desired["Qualifier"])}` };
  },

  async read({ lambda: { sdk, client } }, id, desired) {
    const found = await unlessMissing(client.send(new sdk.GetFunctionEventInvokeConfigCommand(which(id))));
    if (found === undefined) return undefined;
    const named = { FunctionName: desired["FunctionName"] ?? "", Qualifier: desired["Qualifier"] ?? "" };
    return live(id, { ...plainObject(found), ...named });
  },

  create: (tools, desired) => put(tools, desired),
  update: (tools, _before, desired) => put(tools, desired),

  async remove({ lambda: { sdk, client } }, id) {
    await unlessMissing(client.send(new sdk.DeleteFunctionEventInvokeConfigCommand(which(id))));
  },
};

/** Put replaces all that was there. */
async function put({ lambda: { sdk, client } }: Tools, desired: JsonObject): Promise<Live> {
  const members = Object.fromEntries(Object.entries(desired).filter(([, value]) => !isEmpty(value)));
  const id =
    eventInvokeConfig.predict(desired, { id: "", place: { region: "", account: "", stack: "" } }).physicalId ?? "";
  const named = { ...members, ...which(id) };
  await client.send(
    new sdk.PutFunctionEventInvokeConfigCommand(input<PutFunctionEventInvokeConfigCommandInput>(named)),
  );
  return live(id, desired);
}

function which(id: string): { FunctionName: string; Qualifier: string } {
  const [FunctionName = "", Qualifier = "$LATEST"] = id.split("|");
  return { FunctionName, Qualifier };
}

function live(physicalId: string, properties: JsonObject): Live {
  return { physicalId, properties, attributes: { Ref: physicalId } };
}
