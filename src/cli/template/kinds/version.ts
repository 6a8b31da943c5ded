/** AWS::Lambda::Version: published once; other code makes another version. */
import { isEmpty } from "../differences.ts";
import { type JsonObject, objectOf, textOf } from "../json.ts";
import type { Kind, Live, Tools } from "./kind.ts";
import { unlessMissing } from "./kind.ts";
import { baseName } from "./names.ts";

export const version: Kind = {
  shape: {
    FunctionName: "text",
    Description: "text",
    CodeSha256: "text",
    Code: "text",
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: "number" },
  },
  required: ["FunctionName"],
  defaults: {},
  replacing: ["Code", "CodeSha256"],
  exact: [],

  predict: () => ({}),

  async read(tools, arn, desired) {
    const { sdk, client } = tools.lambda;
    const found = await unlessMissing(client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName: arn })));
    if (found === undefined) return undefined;
    const code = String(desired["Code"] ?? "");
    return live(arn, {
      ...desired,
      Code: code.startsWith("sha256:")
        ? `sha256:${found.CodeSha256}`
        : ((found.Description ?? "").split("\n")[0] ?? ""),
    });
  },

  async create(tools, desired) {
    const { sdk, client } = tools.lambda;
    const code = textOf(desired["Code"]) ?? "";
    const description = textOf(desired["Description"]);
    const published = await client.send(
      new sdk.PublishVersionCommand({
        FunctionName: String(desired["FunctionName"]),
        ...(textOf(desired["CodeSha256"]) === undefined ? {} : { CodeSha256: String(desired["CodeSha256"]) }),
        // Code that no digest of ours names is told apart by its address.
        ...(code === "" || code.startsWith("sha256:")
          ? description === undefined
            ? {}
            : { Description: description }
          : { Description: code.slice(0, 256) }),
      }),
    );
    const arn = published.FunctionArn ?? "";
    await provision(tools, arn, desired);
    return live(arn, desired);
  },

  async update(tools, before, desired) {
    await provision(tools, before.physicalId, desired);
    return live(before.physicalId, desired);
  },

  async remove({ lambda: { sdk, client } }, arn) {
    await unlessMissing(client.send(new sdk.DeleteFunctionCommand({ FunctionName: arn })));
  },
};

async function provision({ lambda: { sdk, client } }: Tools, arn: string, desired: JsonObject): Promise<void> {
  const config = objectOf(desired["ProvisionedConcurrencyConfig"]);
  if (isEmpty(config)) return;
  await client.send(
    new sdk.PutProvisionedConcurrencyConfigCommand({
      FunctionName: baseName(arn),
      Qualifier: arn.split(":")[7] ?? "",
      ProvisionedConcurrentExecutions: Number(config["ProvisionedConcurrentExecutions"]),
    }),
  );
}

function live(arn: string, properties: JsonObject): Live {
  return { physicalId: arn, properties, attributes: { Ref: arn, FunctionArn: arn, Version: arn.split(":")[7] ?? "" } };
}
