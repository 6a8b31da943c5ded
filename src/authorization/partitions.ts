/**
 * Partitions in ARNs. A region is of one partition, whatever an ARN claims, and what has no region (users, roles, policies) is
 * the same here in all of them. So nobody escapes a denial by naming a thing, or signing, as of another partition. Pure.
 */
import type { RequestContext, RequestPrincipal } from "../policy/index.ts";
import { type Need, partitionOf } from "../wire/index.ts";

const PARTITIONS: readonly string[] = ["aws", "aws-cn", "aws-us-gov"];
const REGIONAL = /^arn:[^:]*(:[^:]*:([^:]+):)/;
const GLOBAL = /^arn:[^:]*(?=:[^:]*::)/;

/** A regional ARN with its region's partition; any other text as it is. */
export function inOwnPartition(resource: string): string {
  return resource.replace(REGIONAL, (_whole, rest: string, region: string) => `arn:${partitionOf(region)}${rest}`);
}

/** What of a question names things without a region. */
export interface GlobalNames {
  readonly principal: RequestPrincipal;
  readonly resource: string;
  readonly context: RequestContext;
}

/** The same question in each partition, where it is about something that has no region. */
export function inEveryPartition(need: Need, names: GlobalNames): readonly GlobalNames[] {
  if (!GLOBAL.test(need.resource) && !/^(?:iam|sts):/i.test(need.action)) return [];
  return PARTITIONS.map((partition) => {
    const moved = (text: string): string => text.replace(GLOBAL, `arn:${partition}`);
    return {
      principal: movedPrincipal(names.principal, moved),
      resource: moved(names.resource),
      context: new Map([...names.context].map(([key, values]) => [key, values.map(moved)])),
    };
  });
}

function movedPrincipal(principal: RequestPrincipal, moved: (arn: string) => string): RequestPrincipal {
  switch (principal.kind) {
    case "user":
    case "root":
      return { ...principal, arn: moved(principal.arn) };
    case "assumed-role":
      return { ...principal, arn: moved(principal.arn), roleArn: moved(principal.roleArn) };
    case "federated-user":
      return {
        ...principal,
        arn: moved(principal.arn),
        ...(principal.userArn !== undefined && { userArn: moved(principal.userArn) }),
      };
    default:
      return principal;
  }
}
