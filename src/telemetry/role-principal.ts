/** A function's role as Lambda acts in its name: the session that is called after the function. */
import type { Principal } from "../wire/index.ts";

/** What of a function decides in whose name it acts. */
export interface Bearer {
  readonly functionName: string;
  readonly roleArn: string;
}

export function rolePrincipal(accountId: string, { functionName, roleArn }: Bearer): Principal {
  const [, partition = "aws"] = roleArn.split(":", 2);
  const role = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  const arn = `arn:${partition}:sts::${accountId}:assumed-role/${role}/${sessionName(functionName)}`;
  return { kind: "assumed-role", accountId, arn };
}

/** A session name has at least two characters; a function's name may have one. */
export function sessionName(functionName: string): string {
  return functionName.length >= 2 ? functionName : `${functionName}@lambda_function`;
}
