/** Whom a role trusts, read from its record when a service asks: nothing of IAM's API is loaded for it. */
import { type Records, RecordTable } from "../../store/index.ts";
import { parseArn } from "../../wire/index.ts";
import { entityPath, roleShape, TABLES } from "./records.ts";

/** The trust policy's document; undefined where no role has this ARN. */
export type RoleTrust = (roleArn: string) => Promise<string | undefined>;

export function createRoleTrust(records: Records): RoleTrust {
  const roles = new RecordTable(records, TABLES.roles, roleShape);
  return async (roleArn) => {
    const { service, accountId = "", resource = "" } = parseArn(roleArn) ?? {};
    if (service !== "iam" || !resource.startsWith("role/")) return undefined;
    const role = await roles.get(entityPath(accountId, resource.slice(resource.lastIndexOf("/") + 1)));
    return role !== undefined && resource === `role${role.path}${role.name}` ? role.trustPolicy : undefined;
  };
}
