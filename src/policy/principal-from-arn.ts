/**
 * The principal behind an ARN. A session's ARN does not say its role's path, so whoever knows the role's own ARN gives the
 * principal itself instead.
 */
import type { RequestPrincipal } from "./types.ts";

const ARN = /^arn:([^:]+):(iam|sts)::(\d{12}):(root$|user\/|assumed-role\/|federated-user\/)(.*)$/;

/** Undefined for the ARN of what cannot ask for anything, such as a role without a session. */
export function principalFromArn(arn: string): RequestPrincipal | undefined {
  const [, partition, service, accountId, kind, name] = ARN.exec(arn) ?? [];
  if (accountId === undefined || name === undefined) return undefined;
  switch (`${service}:${kind}`) {
    case "iam:root":
      return { kind: "root", accountId, arn };
    case "iam:user/":
      return { kind: "user", accountId, arn };
    case "sts:assumed-role/":
      return {
        kind: "assumed-role",
        accountId,
        arn,
        roleArn: `arn:${partition}:iam::${accountId}:role/${name.split("/", 1)[0]}`,
      };
    case "sts:federated-user/":
      return { kind: "federated-user", accountId, arn };
    default:
      return undefined;
  }
}
