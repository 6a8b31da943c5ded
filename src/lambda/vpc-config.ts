/** VpcConfig: what AWS refuses of it before it looks the subnets up. It is kept and shown, and has no effect yet. */
import { invalidParameter } from "./errors.ts";

const MEMBERS = ["SubnetIds", "SecurityGroupIds"] as const;

/** Throws where subnets come without security groups, or these without them. `given`: VpcConfig, already validated. */
export function requireWholeVpc(given: unknown): void {
  const [hasSubnets, hasGroups] = MEMBERS.map((member) => {
    const ids: unknown = Object(given)[member];
    return Array.isArray(ids) && ids.length > 0;
  });
  if (hasSubnets !== hasGroups) {
    throw invalidParameter("SubnetIds and SecurityIds must coexist or be both empty list.");
  }
}
