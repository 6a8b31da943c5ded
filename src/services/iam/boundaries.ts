/** Permissions boundaries of users and roles: a managed policy that limits what the others allow. */
import type { AttachedPermissionsBoundary } from "@aws-sdk/client-iam";
import type { Call } from "../../wire/index.ts";
import { boundaryNotFound } from "./errors.ts";
import { findPolicy } from "./policy-lookup.ts";
import type { IamState } from "./state.ts";

type Bounded = { readonly permissionsBoundary?: string };

/** Runs `store` while the policy is sure to be there. Throws NoSuchEntity where it is not. */
export function withBoundary<T>(
  state: IamState,
  call: Call,
  arn: string | undefined,
  store: () => Promise<T>,
): Promise<T> {
  if (arn === undefined) return store();
  return state.locks.run(arn, async () => {
    if ((await findPolicy(state, call, arn)) === undefined) throw boundaryNotFound(arn);
    return store();
  });
}

export function withoutBoundary<T extends Bounded>({ permissionsBoundary: _, ...rest }: T): Omit<T, keyof Bounded> {
  return rest;
}

export function printBoundary({ permissionsBoundary: arn }: Bounded): {
  readonly PermissionsBoundary?: AttachedPermissionsBoundary;
} {
  if (arn === undefined) return {};
  return { PermissionsBoundary: { PermissionsBoundaryType: "PermissionsBoundaryPolicy", PermissionsBoundaryArn: arn } };
}
