/** AWS::Lambda::CodeSigningConfig. */
import type { CreateCodeSigningConfigCommandInput } from "@aws-sdk/client-lambda";
import { type JsonObject, plainObject } from "../json.ts";
import { input, type Kind, type Live, ownTags, tagsOf, unlessMissing } from "./kind.ts";

export const codeSigningConfig: Kind = {
  shape: {
    AllowedPublishers: { SigningProfileVersionArns: ["text"] },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: "text" },
    Description: "text",
    Tags: "json",
  },
  required: ["AllowedPublishers"],
  defaults: { Description: "", CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" } },
  replacing: [],
  exact: [],

  predict: () => ({}),

  async read({ lambda: { sdk, client } }, arn, desired) {
    const found = await unlessMissing(client.send(new sdk.GetCodeSigningConfigCommand({ CodeSigningConfigArn: arn })));
    if (found === undefined) return undefined;
    return live(arn, { ...plainObject(found.CodeSigningConfig), Tags: desired["Tags"] ?? [] });
  },

  async create({ lambda: { sdk, client } }, desired, subject) {
    const { Tags: tags, ...settings } = desired;
    const Tags = { ...tagsOf(tags), ...ownTags(subject) };
    const made = await client.send(
      new sdk.CreateCodeSigningConfigCommand({ ...input<CreateCodeSigningConfigCommandInput>(settings), Tags }),
    );
    return live(made.CodeSigningConfig?.CodeSigningConfigArn ?? "", desired);
  },

  async update({ lambda: { sdk, client } }, before, desired) {
    const { Tags: _, ...settings } = desired;
    const members = {
      ...input<CreateCodeSigningConfigCommandInput>(settings),
      CodeSigningConfigArn: before.physicalId,
    };
    await client.send(new sdk.UpdateCodeSigningConfigCommand(members));
    return live(before.physicalId, desired);
  },

  async remove({ lambda: { sdk, client } }, arn) {
    await unlessMissing(client.send(new sdk.DeleteCodeSigningConfigCommand({ CodeSigningConfigArn: arn })));
  },
};

function live(arn: string, properties: JsonObject): Live {
  const id = arn.split(":").at(-1) ?? "";
  return { physicalId: arn, properties, attributes: { Ref: arn, CodeSigningConfigArn: arn, CodeSigningConfigId: id } };
}
