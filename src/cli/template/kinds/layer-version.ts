/** AWS::Lambda::LayerVersion: whatever changes, another version is published. */
import type { PublishLayerVersionCommandInput } from "@aws-sdk/client-lambda";
import { defined, type JsonObject, plainObject, textOf } from "../json.ts";
import { defaultName, input, type Kind, type Live, unlessMissing } from "./kind.ts";

export const layerVersion: Kind = {
  shape: {
    LayerName: "text",
    Content: "text",
    Description: "text",
    LicenseInfo: "text",
    CompatibleRuntimes: ["text"],
    CompatibleArchitectures: ["text"],
  },
  required: ["Content"],
  defaults: { Description: "", LicenseInfo: "", CompatibleRuntimes: [], CompatibleArchitectures: [] },
  replacing: ["Content", "Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures", "LayerName"],
  exact: [],

  predict: () => ({}),

  async read({ lambda: { sdk, client } }, arn, desired) {
    const found = await unlessMissing(client.send(new sdk.GetLayerVersionByArnCommand({ Arn: arn })));
    if (found === undefined) return undefined;
    return live(arn, {
      ...plainObject(found),
      LayerName: arn.split(":")[6] ?? "",
      // What lies in S3 is known by where it lies: a version's content never changes.
      Content: String(desired["Content"]).startsWith("s3:")
        ? String(desired["Content"])
        : `sha256:${found.Content?.CodeSha256}`,
    });
  },

  async create({ lambda: { sdk, client }, codes }, desired, subject) {
    const code = codes.get(String(desired["Content"]));
    if (code === undefined || code.kind === "image") throw new Error(`the content of ${subject.id} was not packed`);
    const version = code.kind === "s3" && code.version !== undefined ? { S3ObjectVersion: code.version } : {};
    const { Content: _, LayerName: name, ...settings } = desired;
    const filled = Object.fromEntries(
      Object.entries(settings).filter(([, value]) => value !== "" && String(value) !== ""),
    );
    const published = await client.send(
      new sdk.PublishLayerVersionCommand({
        ...input<PublishLayerVersionCommandInput>(filled),
        LayerName: textOf(name) ?? defaultName(subject, 140),
        Content: code.kind === "zip" ? { ZipFile: code.zip } : { S3Bucket: code.bucket, S3Key: code.key, ...version },
      }),
    );
    return live(published.LayerVersionArn ?? "", desired);
  },

  update: () => Promise.reject(new Error("a version of a layer is never changed")),

  async remove({ lambda: { sdk, client } }, arn) {
    const [LayerName = "", version] = [arn.slice(0, arn.lastIndexOf(":")), arn.slice(arn.lastIndexOf(":") + 1)];
    await unlessMissing(client.send(new sdk.DeleteLayerVersionCommand({ LayerName, VersionNumber: Number(version) })));
  },
};

function live(arn: string, properties: JsonObject): Live {
  return { physicalId: arn, properties: defined(properties), attributes: { Ref: arn, LayerVersionArn: arn, Arn: arn } };
}
