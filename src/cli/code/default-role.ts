/**
 * The role of a function that was deployed without one. It exists by name only, but where permissions are enforced: there
 * it is made at the first deployment, trusted by Lambda and allowed to write logs, and nothing else.
 */

import { iamAccess } from "../clients.ts";
import { accountOf, type ClientConfig } from "../config.ts";
import { isEnforced } from "./waiting.ts";

const NAME = "lambent";
const TRUST = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
};
const LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/** Its ARN. Rejects as IAM does where the caller may not make it. */
export async function defaultRole(config: ClientConfig): Promise<string> {
  const named = `arn:aws:iam::${accountOf(config)}:role/${NAME}`;
  if (!(await isEnforced(config))) return named;
  const { sdk, client } = await iamAccess(config);
  try {
    const found = await client.send(new sdk.GetRoleCommand({ RoleName: NAME })).catch((error: unknown) => {
      if (error instanceof sdk.NoSuchEntityException) return undefined;
      throw error;
    });
    if (found?.Role?.Arn !== undefined) return found.Role.Arn;
    const input = { RoleName: NAME, AssumeRolePolicyDocument: JSON.stringify(TRUST) };
    const { Role } = await client.send(new sdk.CreateRoleCommand(input));
    await client.send(new sdk.AttachRolePolicyCommand({ RoleName: NAME, PolicyArn: LOGS }));
    return Role?.Arn ?? named;
  } finally {
    client.destroy();
  }
}
