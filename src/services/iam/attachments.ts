/** Where managed policies are attached or limit somebody, read from the records of those who have them. */
import type { Call } from "../../wire/index.ts";
import type { GroupRecord, RoleRecord, UserRecord } from "./records.ts";
import type { IamState } from "./state.ts";

export interface Entities {
  readonly users: readonly UserRecord[];
  readonly groups: readonly GroupRecord[];
  readonly roles: readonly RoleRecord[];
}

export interface Uses {
  /** How often each policy is attached, by ARN. */
  readonly attached: ReadonlyMap<string, number>;
  /** The same as boundaries. */
  readonly boundaries: ReadonlyMap<string, number>;
}

/** All users, groups and roles of the account. */
export async function allEntities(state: IamState, call: Call): Promise<Entities> {
  const [users, groups, roles] = await Promise.all([
    state.users.all(call),
    state.groups.all(call),
    state.roles.all(call),
  ]);
  return { users, groups, roles };
}

export function usesOf({ users, groups, roles }: Entities): Uses {
  const attached = new Map<string, number>();
  const boundaries = new Map<string, number>();
  const count = (map: Map<string, number>, arn: string): unknown => map.set(arn, (map.get(arn) ?? 0) + 1);
  for (const { attachedPolicyArns } of [...users, ...groups, ...roles]) {
    for (const arn of attachedPolicyArns) count(attached, arn);
  }
  for (const { permissionsBoundary } of [...users, ...roles]) {
    if (permissionsBoundary !== undefined) count(boundaries, permissionsBoundary);
  }
  return { attached, boundaries };
}
