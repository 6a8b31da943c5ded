/**
 * A request as statements look at it: its context keys, those of the principal that follow from it, and a note of the keys
 * that were asked for in vain.
 */
import type { Resolve } from "./pattern.ts";
import type { PolicyRequest, RequestPrincipal } from "./types.ts";

export class RequestView {
  readonly request: PolicyRequest;
  /** For patterns; bound, so that it can be handed on. */
  readonly resolve: Resolve;
  readonly #missing = new Map<string, string>();
  #derived: ReadonlyMap<string, string> | undefined;

  constructor(request: PolicyRequest) {
    this.request = request;
    this.resolve = (key) => {
      const values = this.values(key);
      return values?.length === 1 ? values[0] : undefined;
    };
  }

  /** A key without values is a key that is not there. */
  values(key: string): readonly string[] | undefined {
    const name = key.toLowerCase();
    const given = this.request.context.get(name);
    if (given !== undefined && given.length > 0) return given;
    this.#derived ??= principalKeys(this.request.principal);
    const derived = this.#derived.get(name);
    if (derived !== undefined) return [derived];
    if (!this.#missing.has(name)) this.#missing.set(name, key);
    return undefined;
  }

  missingKeys(): readonly string[] {
    return [...this.#missing.values()];
  }
}

function principalKeys(principal: RequestPrincipal): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  switch (principal.kind) {
    case "anonymous":
      keys.set("aws:principaltype", "Anonymous").set("aws:principalaccount", "anonymous");
      break;
    case "service":
      keys.set("aws:principalservicename", principal.service);
      break;
    case "federated":
      keys.set("aws:federatedprovider", principal.provider);
      break;
    case "root":
      keys.set("aws:principaltype", "Account").set("aws:principalarn", principal.arn);
      break;
    case "user":
      keys.set("aws:principaltype", "User").set("aws:principalarn", principal.arn);
      keys.set("aws:username", principal.arn.slice(principal.arn.lastIndexOf("/") + 1));
      break;
    case "assumed-role":
      keys.set("aws:principaltype", "AssumedRole").set("aws:principalarn", principal.roleArn);
      break;
    case "federated-user":
      keys.set("aws:principaltype", "FederatedUser").set("aws:principalarn", principal.arn);
      break;
  }
  if ("accountId" in principal) keys.set("aws:principalaccount", principal.accountId);
  return keys.set("aws:principalisawsservice", String(principal.kind === "service"));
}
