/**
 * What operations of CloudWatch Logs need. Resources are written as AWS's refusals write them: an operation on a group asks
 * for `log-group:NAME:log-stream:`, which policies cover with `log-group:NAME:*`. Source: Service Authorization Reference,
 * "Actions, resources, and condition keys for Amazon CloudWatch Logs", and refusals in public reports.
 */
import type { Authorization, Call, Need } from "../../wire/index.ts";
import { parseGroupIdentifier, streamArn } from "./arns.ts";
import type { LogsClient } from "./state.ts";

interface Named {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
  readonly logStreamName?: string | undefined;
}

type Tags = Readonly<Record<string, string>>;

export function logsAuthorization(): Authorization<LogsClient> {
  const onGroup = (operation: string) => (input: Named, call: Call) => [
    need(operation, streamArn(call, groupOf(input, call), "")),
  ];
  const onStream = (operation: string) => (input: Named, call: Call) => [
    need(operation, streamArn(call, groupOf(input, call), input.logStreamName ?? "")),
  ];
  const onArn = (operation: string) => (input: { readonly resourceArn: string; readonly tags?: Tags | undefined }) => [
    need(operation, input.resourceArn, tagContext(input.tags)),
  ];
  return {
    CreateLogGroup: (input, call) => [
      need("CreateLogGroup", streamArn(call, input.logGroupName, ""), tagContext(input.tags)),
    ],
    DeleteLogGroup: onGroup("DeleteLogGroup"),
    DescribeLogGroups: (_input, call) => [need("DescribeLogGroups", streamArn(call, "", ""))],
    PutRetentionPolicy: onGroup("PutRetentionPolicy"),
    DeleteRetentionPolicy: onGroup("DeleteRetentionPolicy"),
    TagResource: onArn("TagResource"),
    UntagResource: ({ resourceArn, tagKeys }) => [need("UntagResource", resourceArn, { "aws:TagKeys": tagKeys })],
    ListTagsForResource: onArn("ListTagsForResource"),
    TagLogGroup: onGroup("TagLogGroup"),
    UntagLogGroup: onGroup("UntagLogGroup"),
    ListTagsLogGroup: onGroup("ListTagsLogGroup"),
    CreateLogStream: onGroup("CreateLogStream"),
    DeleteLogStream: onStream("DeleteLogStream"),
    DescribeLogStreams: onGroup("DescribeLogStreams"),
    PutLogEvents: onStream("PutLogEvents"),
    GetLogEvents: onStream("GetLogEvents"),
    FilterLogEvents: onGroup("FilterLogEvents"),
    StartLiveTail: ({ logGroupIdentifiers }, call) =>
      logGroupIdentifiers.map((identifier) =>
        need("StartLiveTail", streamArn(call, parseGroupIdentifier(call, identifier), "")),
      ),
  };
}

function need(operation: string, resource: string, context: NonNullable<Need["context"]> = {}): Need {
  return { action: `logs:${operation}`, resource, context };
}

function groupOf({ logGroupName, logGroupIdentifier }: Named, call: Call): string {
  return parseGroupIdentifier(call, logGroupIdentifier ?? logGroupName ?? "");
}

function tagContext(tags: Tags = {}): NonNullable<Need["context"]> {
  const keys = Object.keys(tags);
  if (keys.length === 0) return {};
  return {
    "aws:TagKeys": keys,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  };
}
