/**
 * Policy documents compiled once, for as long as they are asked for. Stored documents were checked when they came in; one
 * that cannot be read all the same (another version wrote it) denies everything, since what it would have denied is unknown.
 */
import { BoundedMap, type Log } from "../../base/index.ts";
import { MalformedPolicy, type Policy, type PolicyKind, parsePolicy } from "../../policy/index.ts";
import { awsManagedDocument } from "./aws-managed-policies.ts";
import { IAM_LIMITS } from "./limits.ts";

const NOTHING = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
});
const NOBODY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Principal: "*", Action: "sts:*" }],
});

export class CompiledDocuments {
  readonly #log: Log | undefined;
  readonly #compiled = new BoundedMap<string, Policy>(IAM_LIMITS.compiledDocumentsMax);

  constructor(log?: Log) {
    this.#log = log;
  }

  /** `id` names the policy in decisions: its ARN, or its name where it is inline. */
  compile(document: string, kind: PolicyKind, id: string): Policy {
    const key = `${kind}\n${id}\n${document}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const policy = this.#parse(document, kind, id);
    this.#compiled.set(key, policy);
    return policy;
  }

  /** One of AWS's own policies, by its ARN. */
  awsManaged(arn: string): Policy {
    return this.compile(awsManagedDocument(arn.slice(arn.indexOf(":policy/") + ":policy/".length)), "identity", arn);
  }

  #parse(document: string, kind: PolicyKind, id: string): Policy {
    try {
      return parsePolicy(document, kind, { id });
    } catch (error) {
      if (!(error instanceof MalformedPolicy)) throw error;
      this.#log?.warn(`the stored policy ${id} cannot be read and denies everything`, { error });
      return parsePolicy(kind === "trust" ? NOBODY : NOTHING, kind, { id });
    }
  }
}
