/** What STS knows of users, roles and identity providers: asked of IAM as any customer asks. */
import type { CallerIdentity, OperationOutput, Principal, ServiceClient } from "../../wire/index.ts";
import { derivedUniqueId } from "../kit/index.ts";
import type { RoleName } from "./role-arn.ts";

type IamModule = typeof import("@aws-sdk/client-iam");
/** IAM's API on behalf of an identity. */
export type IamApi = (identity: CallerIdentity) => ServiceClient<IamModule>;

export interface KnownRole {
  /** `AROA…`; of a role that IAM has no record of one that follows from its name. */
  readonly id: string;
  /** With the role's path. */
  readonly arn: string;
  /** Undefined where there is no such role. */
  readonly record: { readonly trustPolicy: string; readonly maxSessionSeconds: number } | undefined;
}

export async function findRole(iam: IamApi | undefined, role: RoleName, region: string): Promise<KnownRole> {
  const found = await asIam(iam, role.accountId, region, (client) => client.call("GetRole", { RoleName: role.name }));
  const { RoleId, Arn, AssumeRolePolicyDocument: trust, MaxSessionDuration: max } = found?.Role ?? {};
  const known = RoleId !== undefined && Arn !== undefined && trust !== undefined && max !== undefined;
  // A path that is wrong names no role.
  if (!known || Arn !== role.arn) {
    return { id: derivedUniqueId("AROA", `${role.accountId}/${role.name}`), arn: role.arn, record: undefined };
  }
  return { id: RoleId, arn: Arn, record: { trustPolicy: decodeURIComponent(trust), maxSessionSeconds: max } };
}

/** The unique id of a user that IAM has a record of. */
export async function findUserId(
  iam: IamApi | undefined,
  principal: Principal,
  region: string,
): Promise<string | undefined> {
  const name = /:user\/(?:[^/]+\/)*([^/]+)$/.exec(principal.arn)?.[1];
  if (name === undefined || principal.kind !== "user") return undefined;
  const found = await asIam(iam, principal.accountId, region, (client) => client.call("GetUser", { UserName: name }));
  return found?.User?.Arn === principal.arn ? found.User.UserId : undefined;
}

/** The provider of this ARN in the account; undefined where there is none. */
export function findProvider(
  iam: IamApi | undefined,
  arn: string,
  accountId: string,
  region: string,
): Promise<OperationOutput<IamModule, "GetOpenIDConnectProvider"> | undefined> {
  return asIam(iam, accountId, region, (client) =>
    client.call("GetOpenIDConnectProvider", { OpenIDConnectProviderArn: arn }),
  );
}

async function asIam<T>(
  iam: IamApi | undefined,
  accountId: string,
  region: string,
  ask: (client: ServiceClient<IamModule>) => Promise<T>,
): Promise<T | undefined> {
  if (iam === undefined) return undefined;
  try {
    return await ask(iam({ principal: { kind: "service", accountId, arn: "sts.amazonaws.com" }, region }));
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchEntityException") return undefined;
    throw error;
  }
}
