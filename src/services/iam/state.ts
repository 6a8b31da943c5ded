/** What the handlers of IAM share: ports, tables, and how a request's role is found. */
import type * as client from "@aws-sdk/client-iam";
import type { Clock, Random } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import type { Call } from "../../wire/index.ts";
import { roleNotFound } from "./errors.ts";
import { entityPath, type IamTables, openTables, type RoleRecord } from "./records.ts";

export type IamClient = typeof client;

export interface IamPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

export interface IamState extends IamPorts, IamTables {}

export function createIamState(ports: IamPorts): IamState {
  return { ...ports, ...openTables(ports.store) };
}

/** The role of this name. Throws NoSuchEntity. */
export async function getRole(state: IamState, call: Call, name: string): Promise<RoleRecord> {
  const role = await state.roles.get(entityPath(call.accountId, name));
  if (role === undefined) throw roleNotFound(name);
  return role;
}

/** Changes the role of this name. Throws NoSuchEntity, and what `change` throws. */
export async function updateRole(
  state: IamState,
  call: Call,
  name: string,
  change: (role: RoleRecord) => RoleRecord,
): Promise<RoleRecord> {
  const role = await state.roles.update(entityPath(call.accountId, name), change);
  if (role === undefined) throw roleNotFound(name);
  return role;
}
