/** Roles that belong to a service are changed by nobody else. */
import { protectedRole } from "./errors.ts";
import type { RoleRecord } from "./records.ts";

/** Throws UnmodifiableEntity for a role that belongs to a service. */
export function refuseLinked(role: RoleRecord): void {
  if (role.linkedService !== undefined) throw protectedRole(role.name);
}
