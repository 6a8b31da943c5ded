/** AWS::Logs::LogGroup. */
import { type JsonObject, textOf } from "../json.ts";
import { defaultName, type Kind, type Live, ownTags, type Tools, tagsOf, unlessMissing } from "./kind.ts";

export const logGroup: Kind = {
  shape: { LogGroupName: "text", RetentionInDays: "number", Tags: "json" },
  required: [],
  defaults: { RetentionInDays: null },
  replacing: [],
  exact: [],

  predict(desired, subject) {
    const name = textOf(desired["LogGroupName"]) ?? defaultName(subject, 512);
    const { region, account } = subject.place;
    return {
      physicalId: name,
      attributes: { Ref: name, Arn: `arn:aws:logs:${region}:${account}:log-group:${name}:*` },
    };
  },

  async read({ logs: { sdk, client } }, name, desired, subject) {
    const answer = await client.send(new sdk.DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    const found = answer.logGroups?.find((group) => group.logGroupName === name);
    if (found === undefined) return undefined;
    return live(name, found.arn ?? subject.id, { ...desired, RetentionInDays: found.retentionInDays ?? null });
  },

  async create(tools, desired, subject) {
    const { sdk, client } = tools.logs;
    const { physicalId: logGroupName = "", attributes } = this.predict(desired, subject);
    const tags = { ...tagsOf(desired["Tags"]), ...ownTags(subject) };
    await client.send(new sdk.CreateLogGroupCommand({ logGroupName, tags })).catch((error: unknown) => {
      // A function that ran first has made it.
      if (!(error instanceof sdk.ResourceAlreadyExistsException)) throw error;
    });
    await keep(tools, logGroupName, desired);
    return live(logGroupName, attributes?.["Arn"] ?? "", desired);
  },

  async update(tools, before, desired) {
    await keep(tools, before.physicalId, desired);
    return live(before.physicalId, before.attributes["Arn"] ?? "", desired);
  },

  async remove({ logs: { sdk, client } }, logGroupName) {
    await unlessMissing(client.send(new sdk.DeleteLogGroupCommand({ logGroupName })));
  },
};

async function keep({ logs: { sdk, client } }: Tools, logGroupName: string, desired: JsonObject): Promise<void> {
  const days = desired["RetentionInDays"];
  await (typeof days === "number"
    ? client.send(new sdk.PutRetentionPolicyCommand({ logGroupName, retentionInDays: days }))
    : client.send(new sdk.DeleteRetentionPolicyCommand({ logGroupName })));
}

function live(name: string, arn: string, properties: JsonObject): Live {
  return { physicalId: name, properties, attributes: { Ref: name, Arn: arn } };
}
