/**
 * Log groups: create, delete, describe, retention and tags. A group's streams hang on its id, so a group made again
 * under the same name starts empty.
 */
import type { LogGroup } from "@aws-sdk/client-cloudwatch-logs";
import { decodePageToken, encodePageToken } from "../../base/index.ts";
import type { Call, Handlers } from "../../wire/index.ts";
import { chunks } from "../kit/index.ts";
import { groupArn, parseGroupIdentifier } from "./arns.ts";
import {
  deletionProtected,
  groupExists,
  groupNotFound,
  invalidRetention,
  invalidToken,
  prefixAndPattern,
  tooManyTags,
} from "./errors.ts";
import { RETENTION_DAYS } from "./limits.ts";
import { groupPath, journalName, type LogGroupRecord } from "./records.ts";
import { beginSweep } from "./retention.ts";
import { deleteStream, getGroup, getIdentifiedGroup, type LogsClient, type LogsState } from "./state.ts";

const ID_BYTES = 8;

export function logGroupHandlers(state: LogsState): Handlers<LogsClient> {
  const { groups, clock, random, limits } = state;

  return {
    async CreateLogGroup(input, call) {
      const name = input.logGroupName;
      const tags = input.tags ?? {};
      if (Object.keys(tags).length > limits.tagsMax) throw tooManyTags(groupArn(call, name), limits.tagsMax);
      const created = await groups.create(groupPath(call, name), {
        name,
        id: random.hex(ID_BYTES),
        createdAt: clock.now(),
        groupClass: input.logGroupClass ?? "STANDARD",
        deletionProtection: input.deletionProtectionEnabled ?? false,
        tags,
        ...(input.kmsKeyId === undefined ? {} : { kmsKeyId: input.kmsKeyId }),
      });
      if (!created) throw groupExists();
      return {};
    },

    async DeleteLogGroup(input, call) {
      const group = await getGroup(state, call, input.logGroupName);
      if (group.deletionProtection) throw deletionProtected();
      // Streams first, so that after a crash the group is still there to be deleted again; then those that came meanwhile.
      await deleteStreams(state, group);
      await groups.delete(groupPath(call, group.name));
      await deleteStreams(state, group);
      return {};
    },

    async DescribeLogGroups(input, call) {
      const { logGroupNamePrefix: prefix = "", logGroupNamePattern: pattern } = input;
      if (prefix !== "" && pattern !== undefined) throw prefixAndPattern();
      const after = input.nextToken === undefined ? undefined : decodePageToken("groups", input.nextToken);
      if (input.nextToken !== undefined && after === undefined) throw invalidToken();
      const wanted = input.logGroupIdentifiers?.map((identifier) => parseGroupIdentifier(call, identifier));
      const limit = input.limit ?? limits.describePageMax;

      const found: LogGroup[] = [];
      let last: string | undefined;
      for await (const { path, value: group } of groups.scan(groupPath(call, prefix), after)) {
        if (pattern !== undefined && !group.name.includes(pattern)) continue;
        if (wanted !== undefined && !wanted.includes(group.name)) continue;
        if (input.logGroupClass !== undefined && input.logGroupClass !== group.groupClass) continue;
        if (found.length === limit) return { logGroups: found, nextToken: encodePageToken("groups", last ?? path) };
        found.push(describeGroup(call, group, pattern === undefined ? await storedBytes(state, group) : undefined));
        last = path;
      }
      return { logGroups: found };
    },

    async PutRetentionPolicy(input, call) {
      const days = input.retentionInDays;
      if (!RETENTION_DAYS.has(days)) throw invalidRetention(days);
      const group = await groups.update(groupPath(call, input.logGroupName), (current) => ({
        ...current,
        retentionDays: days,
      }));
      if (group === undefined) throw groupNotFound();
      await beginSweep(state, group);
      return {};
    },

    async DeleteRetentionPolicy(input, call) {
      const group = await groups.update(groupPath(call, input.logGroupName), ({ retentionDays: _, ...rest }) => rest);
      if (group === undefined) throw groupNotFound();
      return {};
    },

    async TagResource(input, call) {
      await changeTags(state, call, input.resourceArn, (tags) => ({ ...tags, ...input.tags }));
      return {};
    },

    async UntagResource(input, call) {
      await changeTags(state, call, input.resourceArn, (tags) => withoutKeys(tags, input.tagKeys));
      return {};
    },

    async ListTagsForResource(input, call) {
      const group = await getIdentifiedGroup(state, call, { logGroupIdentifier: input.resourceArn });
      return { tags: { ...group.tags } };
    },

    async TagLogGroup(input, call) {
      const { logGroupName: name, tags: added } = input;
      await changeTags(state, call, name, (tags) => ({ ...tags, ...added }));
      return {};
    },

    async UntagLogGroup(input, call) {
      await changeTags(state, call, input.logGroupName, (tags) => withoutKeys(tags, input.tags));
      return {};
    },

    async ListTagsLogGroup(input, call) {
      const group = await getIdentifiedGroup(state, call, { logGroupName: input.logGroupName });
      return { tags: { ...group.tags } };
    },
  };
}

function withoutKeys(tags: LogGroupRecord["tags"], keys: readonly string[]): LogGroupRecord["tags"] {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));
}

async function changeTags(
  state: LogsState,
  call: Call,
  identifier: string,
  change: (tags: LogGroupRecord["tags"]) => LogGroupRecord["tags"],
): Promise<void> {
  const name = parseGroupIdentifier(call, identifier);
  const group = await state.groups.update(groupPath(call, name), (current) => {
    const tags = change(current.tags);
    if (Object.keys(tags).length > state.limits.tagsMax) throw tooManyTags(identifier, state.limits.tagsMax);
    return { ...current, tags };
  });
  if (group === undefined) throw groupNotFound();
}

async function deleteStreams(state: LogsState, group: LogGroupRecord): Promise<void> {
  for await (const { value: stream } of state.streams.scan(`${group.id}/`)) await deleteStream(state, group, stream);
  state.sweeps.delete(group.id);
}

/** Sum over the group's streams. */
async function storedBytes(state: LogsState, group: LogGroupRecord): Promise<number> {
  let bytes = 0;
  for await (const entries of chunks(state.streams.scan(`${group.id}/`), state.limits.lookupsAtOnce)) {
    const infos = entries.map(({ value: stream }) => state.journals.stat(journalName(group.id, stream.id)));
    for (const info of await Promise.all(infos)) bytes += info?.sizeBytes ?? 0;
  }
  return bytes;
}

function describeGroup(call: Call, group: LogGroupRecord, bytes: number | undefined): LogGroup {
  const arn = groupArn(call, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.createdAt,
    metricFilterCount: 0,
    arn: `${arn}:*`,
    logGroupArn: arn,
    logGroupClass: group.groupClass,
    ...(bytes === undefined ? {} : { storedBytes: bytes, deletionProtectionEnabled: group.deletionProtection }),
    ...(group.retentionDays === undefined ? {} : { retentionInDays: group.retentionDays }),
    ...(group.kmsKeyId === undefined ? {} : { kmsKeyId: group.kmsKeyId }),
  };
}
