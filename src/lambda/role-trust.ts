/**
 * Whether Lambda may assume the role that a function is given: by the role's trust policy, as AWS asks when the function is
 * created or gets another role. Where nobody is authenticated a role need not exist; one that does has to trust Lambda.
 */
import { decide, MalformedPolicy, parsePolicy } from "../policy/index.ts";
import { type Place, parseArn, ServiceError } from "../wire/index.ts";
import { invalidParameter } from "./errors.ts";

export interface RoleTrustOptions {
  /** The trust policy of the role, as JSON; undefined where there is no such role. */
  readonly trustOf: (roleArn: string) => Promise<string | undefined>;
  /** Whether a role that does not exist, or is another account's, is refused. */
  readonly mustExist: boolean;
  /** Hears of a function that was let have a role that does not exist. */
  readonly missing?: (roleArn: string, functionArn: string, message: string) => void;
}

/** @throws InvalidParameterValueException or AccessDeniedException, as AWS does */
export async function requireTrust(
  roles: RoleTrustOptions | undefined,
  roleArn: string | undefined,
  { functionArn, place }: { readonly functionArn: string; readonly place: Place },
): Promise<void> {
  if (roles === undefined || roleArn === undefined) return;
  if (roles.mustExist && parseArn(roleArn)?.accountId !== place.accountId) throw foreignRole();
  const document = await roles.trustOf(roleArn);
  if (document === undefined) {
    if (roles.mustExist) throw untrusting();
    roles.missing?.(roleArn, functionArn, UNTRUSTING);
    return;
  }
  if (!trustsLambda(document, roleArn, functionArn, place)) throw untrusting();
}

function trustsLambda(document: string, roleArn: string, functionArn: string, { accountId }: Place): boolean {
  try {
    return decide(
      {
        principal: { kind: "service", service: "lambda.amazonaws.com" },
        action: "sts:AssumeRole",
        resource: roleArn,
        context: new Map([
          ["aws:sourcearn", [functionArn]],
          ["aws:sourceaccount", [accountId]],
        ]),
      },
      { resource: { policy: parsePolicy(document, "trust"), accountId } },
    ).allowed;
  } catch (error) {
    // What cannot be read lets nobody in.
    if (error instanceof MalformedPolicy) return false;
    throw error;
  }
}

const UNTRUSTING = "The role defined for the function cannot be assumed by Lambda.";

const untrusting = (): Error => invalidParameter(UNTRUSTING);

const foreignRole = (): ServiceError =>
  new ServiceError("AccessDeniedException", 403, "Cross-account pass role is not allowed.");
