/** ARNs of CloudWatch Logs, both ways. */
import type { Call } from "../../wire/index.ts";
import { groupNotFound, invalidIdentifier } from "./errors.ts";

/** `arn:aws:logs:us-east-1:000000000000:log-group:NAME`, without the `:*` that `arn` members have. */
export const groupArn = (call: Call, group: string): string =>
  `arn:${call.partition}:logs:${call.region}:${call.accountId}:log-group:${group}`;

export const streamArn = (call: Call, group: string, stream: string): string =>
  `${groupArn(call, group)}:log-stream:${stream}`;

const GROUP_ARN = /^arn:[^:]+:logs:([^:]+):(\d{12}):log-group:([^:]+)(?::\*)?$/;
const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;

/**
 * The name of the group that a name or an ARN (with or without `:*`) means. Throws InvalidParameterException for neither,
 * and ResourceNotFoundException for a group of another account or region: those are not shared.
 */
export function parseGroupIdentifier(call: Call, identifier: string): string {
  const parts = GROUP_ARN.exec(identifier);
  if (parts === null) {
    if (!GROUP_NAME.test(identifier)) throw invalidIdentifier(identifier);
    return identifier;
  }
  const [, region = "", accountId = "", name = ""] = parts;
  if (accountId !== call.accountId || region !== call.region) throw groupNotFound();
  return name;
}
