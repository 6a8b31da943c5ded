/** The unique id of a role, asked of IAM as any customer asks. */
import type { CallerIdentity, ServiceClient } from "../../wire/index.ts";
import { derivedUniqueId } from "../kit/index.ts";
import type { RoleName } from "./identities.ts";

/** IAM's API on behalf of an identity. */
export type IamApi = (identity: CallerIdentity) => ServiceClient<typeof import("@aws-sdk/client-iam")>;

/** The role's `AROA…` id; one derived from its name when there is no such role, or no IAM to ask. */
export async function roleIdOf(iam: IamApi | undefined, role: RoleName, region: string): Promise<string> {
  const derived = derivedUniqueId("AROA", `${role.accountId}/${role.name}`);
  if (iam === undefined) return derived;
  const principal = { kind: "service", accountId: role.accountId, arn: "sts.amazonaws.com" } as const;
  try {
    const { Role: found } = await iam({ principal, region }).call("GetRole", { RoleName: role.name });
    return found?.RoleId ?? derived;
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchEntityException") return derived;
    throw error;
  }
}
