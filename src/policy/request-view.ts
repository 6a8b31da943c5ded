/**
 * A request as statements look at it: its context keys, those of the principal that follow from it, and a note of the keys
 * that were asked for in vain.
 */
import type { Resolve } from "./pattern.ts";
import type { PolicyRequest, RequestPrincipal } from "./types.ts";

export class RequestView {
  readonly request: PolicyRequest;
  /** In lower case. */
  readonly action: string;
  /** For patterns; bound, so that it can be handed on. */
  readonly resolve: Resolve;
  readonly #missing = new Map<string, string>();
  #derived: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(request: PolicyRequest) {
    this.request = request;
    this.action = request.action.toLowerCase();
    this.resolve = (name, key) => {
      const values = this.values(name, key);
      return values?.length === 1 ? values[0] : undefined;
    };
  }

  /** By the key in lower case; `key` is how a policy writes it. One without values is not there. */
  values(name: string, key: string): readonly string[] | undefined {
    const given = this.request.context.get(name);
    if (given !== undefined && given.length > 0) return given;
    this.#derived ??= principalKeys(this.request.principal);
    const derived = this.#derived.get(name);
    if (derived !== undefined) return derived;
    if (!this.#missing.has(name)) this.#missing.set(name, key);
    return undefined;
  }

  missingKeys(): readonly string[] {
    return [...this.#missing.values()];
  }
}

function principalKeys(principal: RequestPrincipal): ReadonlyMap<string, readonly string[]> {
  const keys = {
    ...keysOfKind(principal),
    ...("accountId" in principal && { "aws:principalaccount": principal.accountId }),
    "aws:principalisawsservice": String(principal.kind === "service"),
  };
  return new Map(Object.entries(keys).map(([name, value]) => [name, [value]]));
}

function keysOfKind(principal: RequestPrincipal): Readonly<Record<string, string>> {
  switch (principal.kind) {
    case "anonymous":
      return { "aws:principaltype": "Anonymous", "aws:principalaccount": "anonymous" };
    case "service":
      return { "aws:principalservicename": principal.service };
    case "federated":
      return { "aws:federatedprovider": principal.provider };
    case "root":
      return { "aws:principaltype": "Account", "aws:principalarn": principal.arn };
    case "user":
      return {
        "aws:principaltype": "User",
        "aws:principalarn": principal.arn,
        "aws:username": principal.arn.slice(principal.arn.lastIndexOf("/") + 1),
      };
    case "assumed-role":
      return { "aws:principaltype": "AssumedRole", "aws:principalarn": principal.roleArn };
    case "federated-user":
      return { "aws:principaltype": "FederatedUser", "aws:principalarn": principal.arn };
  }
}
