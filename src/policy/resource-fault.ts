/** What IAM refuses of the ARNs in Resource and NotResource. Of several faults it names that of the first in sorted order. */
const PARTITIONS = /^aws(-[a-z]+)*$/;

const IAM_PATHS = [
  "user/",
  "federated-user/",
  "role/",
  "group/",
  "instance-profile/",
  "mfa/",
  "server-certificate/",
  "policy/",
  "sms-mfa/",
  "saml-provider/",
  "oidc-provider/",
  "report/",
  "access-report/",
];

/** IAM's text for the first fault, or undefined. */
export function resourceFault(resources: readonly string[]): string | undefined {
  for (const resource of [...resources].sort()) {
    const fault = faultOf(resource);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOf(resource: string): string | undefined {
  if (resource === "*") return undefined;
  if (!resource.includes(":")) return `Resource ${resource} must be in ARN format or "*".`;
  const [, partition = "", service, region, account, ...path] = resource.split(":");
  if (!PARTITIONS.test(partition)) {
    const rest = [service || "*", region ?? "*", account ?? "*", path.length === 0 ? "*" : path.join(":")];
    return `Partition "${partition}" is not valid for resource "arn:${partition}:${rest.join(":")}".`;
  }
  if (service === undefined) return "Resource vendor must be fully qualified and cannot contain regexes.";
  if (service === "" || (resource.includes("::") && account === undefined)) return "The policy failed legacy parsing";
  if (region !== undefined && region !== "") {
    if (service === "iam") return `IAM resource ${resource} cannot contain region information.`;
    if (service === "s3") return `Resource ${resource} can not contain region information.`;
  }
  const name = path.join(":");
  if (service === "iam" && name !== "*" && !IAM_PATHS.some((start) => name.startsWith(start))) {
    return `IAM resource path must either be "*" or start with ${IAM_PATHS.join(", ")}.`;
  }
  return undefined;
}
