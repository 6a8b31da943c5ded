/** The ARNs behind names of AWS's managed policies, asked for only where a template names one without its ARN. */
import type { IamAccess } from "../clients.ts";
import type { Template } from "./document.ts";

export async function managedPolicies(
  { sdk, client }: IamAccess,
  template: Template,
): Promise<(name: string) => string> {
  const arns = new Map<string, string>();
  if (JSON.stringify([template.resources, template.globals]).includes("AWS::Serverless::Function")) {
    for await (const page of sdk.paginateListPolicies({ client }, { Scope: "AWS" })) {
      for (const { PolicyName = "", Arn = "" } of page.Policies ?? []) arns.set(PolicyName, Arn);
    }
  }
  return (name) =>
    arns.get(name) ?? `arn:aws:iam::aws:policy/${SERVICE_ROLES.test(name) ? "service-role/" : ""}${name}`;
}

/** Where AWS keeps those of Lambda's execution roles. */
const SERVICE_ROLES = /^AWSLambda\w+(Role)$/;
