/** Whom a role trusts, read from its record when a service asks: nothing of IAM's API is loaded for it. */
import { type Records, RecordTable } from "../../store/index.ts";
import { parseArn } from "../../wire/index.ts";
import { entityPath, roleShape, TABLES } from "./records.ts";

export async function trustOf(records: Records, roleArn: string): Promise<string | undefined> {
  const { service, accountId = "", resource = "" } = parseArn(roleArn) ?? {};
  if (service !== "iam" || !resource.startsWith("role/")) return undefined;
  const roles = new RecordTable(records, TABLES.roles, roleShape);
  const role = await roles.get(entityPath(accountId, resource.slice(resource.lastIndexOf("/") + 1)));
  return role !== undefined && resource === `role${role.path}${role.name}` ? role.trustPolicy : undefined;
}
