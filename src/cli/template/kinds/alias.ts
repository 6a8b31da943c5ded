/** AWS::Lambda::Alias, with its weights and its provisioned concurrency. */
import type { CreateAliasCommandInput } from "@aws-sdk/client-lambda";
import { isEmpty } from "../differences.ts";
import { isList, type JsonObject, objectOf, plainObject } from "../json.ts";
import { input, type Kind, type Live, type Tools, unlessMissing } from "./kind.ts";
import { baseName } from "./names.ts";

export const alias: Kind = {
  shape: {
    Name: "text",
    FunctionName: "text",
    FunctionVersion: "text",
    Description: "text",
    RoutingConfig: { AdditionalVersionWeights: [{ FunctionVersion: "text", FunctionWeight: "number" }] },
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: "number" },
  },
  required: ["Name", "FunctionName", "FunctionVersion"],
  defaults: { Description: "", RoutingConfig: {}, ProvisionedConcurrencyConfig: {} },
  replacing: [],
  exact: ["RoutingConfig"],

  predict(desired, { place: { region, account } }) {
    const name = desired["FunctionName"];
    if (typeof name !== "string") return {};
    const arn = `arn:aws:lambda:${region}:${account}:function:${baseName(name)}:${String(desired["Name"])}`;
    return { physicalId: arn, attributes: { Ref: arn, AliasArn: arn } };
  },

  async read(tools, arn, desired) {
    const { sdk, client } = tools.lambda;
    const which = { FunctionName: baseName(arn), Name: arn.split(":")[7] ?? "" };
    const found = await unlessMissing(client.send(new sdk.GetAliasCommand(which)));
    if (found === undefined) return undefined;
    const kept = await provisioned(tools, which);
    return live(arn, {
      ...plainObject(found),
      FunctionName: desired["FunctionName"] ?? which.FunctionName,
      RoutingConfig: weightsListed(found.RoutingConfig?.AdditionalVersionWeights ?? {}),
      ProvisionedConcurrencyConfig: kept === undefined ? {} : { ProvisionedConcurrentExecutions: kept },
    });
  },

  async create(tools, desired, _subject) {
    const { sdk, client } = tools.lambda;
    const made = await client.send(new sdk.CreateAliasCommand(members(desired)));
    await provision(tools, desired);
    return live(made.AliasArn ?? "", desired);
  },

  async update(tools, before, desired, changed) {
    const { sdk, client } = tools.lambda;
    await client.send(new sdk.UpdateAliasCommand(members(desired)));
    if (changed.has("ProvisionedConcurrencyConfig")) await provision(tools, desired);
    return live(before.physicalId, desired);
  },

  async remove({ lambda: { sdk, client } }, arn) {
    const which = { FunctionName: baseName(arn), Name: arn.split(":")[7] ?? "" };
    await unlessMissing(client.send(new sdk.DeleteAliasCommand(which)));
  },
};

function members(desired: JsonObject): CreateAliasCommandInput {
  const { ProvisionedConcurrencyConfig: _, RoutingConfig: routing, ...same } = desired;
  const weights = objectOf(routing)["AdditionalVersionWeights"];
  const map = isList(weights)
    ? Object.fromEntries(
        weights.map(objectOf).map((weight) => [String(weight["FunctionVersion"]), Number(weight["FunctionWeight"])]),
      )
    : {};
  return {
    ...input<CreateAliasCommandInput>(same),
    FunctionName: baseName(String(desired["FunctionName"])),
    RoutingConfig: { AdditionalVersionWeights: map },
  };
}

function weightsListed(weights: Readonly<Record<string, number>>): JsonObject {
  const listed = Object.entries(weights).map(([FunctionVersion, FunctionWeight]) => ({
    FunctionVersion,
    FunctionWeight,
  }));
  return listed.length === 0 ? {} : { AdditionalVersionWeights: listed };
}

interface Which {
  readonly FunctionName: string;
  readonly Name: string;
}

async function provisioned({ lambda: { sdk, client } }: Tools, { FunctionName, Name }: Which) {
  try {
    const found = await client.send(new sdk.GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier: Name }));
    return found.RequestedProvisionedConcurrentExecutions;
  } catch (error) {
    if (error instanceof sdk.ProvisionedConcurrencyConfigNotFoundException) return undefined;
    throw error;
  }
}

async function provision(tools: Tools, desired: JsonObject): Promise<void> {
  const { sdk, client } = tools.lambda;
  const config = objectOf(desired["ProvisionedConcurrencyConfig"]);
  const which = { FunctionName: baseName(String(desired["FunctionName"])), Qualifier: String(desired["Name"]) };
  const wanted = config["ProvisionedConcurrentExecutions"];
  if (!isEmpty(wanted)) {
    const ProvisionedConcurrentExecutions = Number(wanted);
    await client.send(new sdk.PutProvisionedConcurrencyConfigCommand({ ...which, ProvisionedConcurrentExecutions }));
  } else if ((await provisioned(tools, { ...which, Name: which.Qualifier })) !== undefined) {
    await client.send(new sdk.DeleteProvisionedConcurrencyConfigCommand(which));
  }
}

function live(arn: string, properties: JsonObject): Live {
  return { physicalId: arn, properties, attributes: { Ref: arn, AliasArn: arn } };
}
