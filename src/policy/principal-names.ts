/** How principals are written in documents, and the test that they become. Source: IAM User Guide, "Principal". */
import type { PrincipalEntry } from "./document.ts";
import type { PrincipalTest } from "./principal.ts";

const ACCOUNT = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/;
const AWS_ARN = /^arn:[^:*?]+:(?:iam|sts)::[^:*?]+:[^*?]+$/;
/** IAM shows these instead of users and roles that are gone. */
const UNIQUE_ID = /^A[A-Z0-9]{15,127}$/;
const HOST = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i;

/** Whether a document may name this principal. Types other than IAM's are none. */
export function isPrincipal(type: string, name: string): boolean {
  if (type === "*") return true;
  switch (type) {
    case "AWS":
      return name === "*" || ACCOUNT.test(name) || AWS_ARN.test(name) || UNIQUE_ID.test(name);
    case "Service":
      return name === "*" || HOST.test(name);
    case "Federated":
      return name === "*" || HOST.test(name) || AWS_ARN.test(name);
    case "CanonicalUser":
      return name !== "";
    default:
      return false;
  }
}

export function principalTest(not: boolean, entries: readonly PrincipalEntry[]): PrincipalTest {
  const named = (wanted: string): readonly string[] =>
    entries.filter(({ type }) => type === wanted).map(({ name }) => name);
  const aws = named("AWS");
  return {
    not,
    everyone: aws.includes("*") || entries.some(({ type }) => type === "*"),
    aws: new Set(aws.map((name) => ACCOUNT.exec(name)?.[1] ?? name)),
    services: new Set(named("Service").map((name) => name.toLowerCase())),
    federated: new Set(named("Federated")),
    canonicalUsers: new Set(named("CanonicalUser")),
  };
}
