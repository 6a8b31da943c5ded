/**
 * What enforcing would refuse, told once for each principal, action and resource, and kept for whoever asks. Memory is
 * bounded: the oldest findings give way, and are told again when they come back.
 */
import { BoundedMap, type Clock, type Log } from "../base/index.ts";
import type { Decision, PolicySource } from "../policy/index.ts";
import type { Call, Need, Principal, ServiceError } from "../wire/index.ts";
import { AUTHORIZATION_LIMITS } from "./limits.ts";
import { type PolicyStatement, statementFor } from "./statements.ts";

/** One thing that enforcing would refuse. */
export interface Finding {
  /** ARN, or the name of a service, or `anonymous`. */
  readonly principal: string;
  /** Missing where the request's signature is what is wrong. */
  readonly action: string | undefined;
  readonly resource: string | undefined;
  /** AWS's code and text of the refusal. */
  readonly code: string;
  readonly message: string;
  /** The kinds of policy that would have to allow; none of an explicit denial or a signature. */
  readonly missing: readonly PolicySource[];
  /** What would allow it, where a statement can. */
  readonly statement: PolicyStatement | undefined;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

type Seen = Omit<Finding, "count" | "firstSeen" | "lastSeen">;

export class Audit {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #findings = new BoundedMap<string, Finding>(AUTHORIZATION_LIMITS.findingsMax);

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The latest last. */
  findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }

  /** A request whose sender is not proven. `claimed` names the key. */
  unproven(service: string, claimed: string | undefined, refusal: ServiceError): void {
    this.#add({
      principal: claimed === undefined ? "anonymous" : `access key ${claimed}`,
      action: undefined,
      resource: service,
      code: refusal.code,
      message: refusal.message.split("\n", 1)[0] ?? "",
      missing: [],
      statement: undefined,
    });
  }

  denied({ principal }: Pick<Call, "principal">, need: Need, decision: Decision, refusal: ServiceError): void {
    this.#add({
      principal: nameOf(principal),
      action: need.action,
      resource: need.resource,
      code: refusal.code,
      message: refusal.message,
      missing: decision.missing,
      statement: decision.outcome === "explicitDeny" ? undefined : statementFor(principal, need, decision.missing),
    });
  }

  /** Something that is no request and that AWS would refuse, for example a role that does not trust Lambda. */
  other(principal: string, resource: string, refusal: { readonly code: string; readonly message: string }): void {
    this.#add({ principal, action: undefined, resource, ...refusal, missing: [], statement: undefined });
  }

  #add(seen: Seen): void {
    const short = { ...seen, principal: cut(seen.principal), resource: seen.resource && cut(seen.resource) };
    const key = `${short.principal}\n${short.action ?? short.code}\n${short.resource}`;
    const known = this.#findings.get(key);
    const now = this.#clock.now();
    this.#findings.set(key, {
      ...short,
      message: cut(short.message),
      count: (known?.count ?? 0) + 1,
      firstSeen: known?.firstSeen ?? now,
      lastSeen: now,
    });
    if (known !== undefined) return;
    const { principal, action, resource, code, missing, statement } = short;
    this.#log.warn(`audit: with --auth=enforce this would be refused: ${short.message}`, {
      code,
      principal,
      ...(action === undefined ? { service: resource } : { action, resource }),
      ...(missing.length > 0 && { missing: missing.join(" and ") }),
      ...(statement !== undefined && { statement }),
    });
  }
}

function nameOf({ kind, arn }: Principal): string {
  return kind === "anonymous" ? "anonymous" : arn;
}

function cut(text: string): string {
  return text.slice(0, AUTHORIZATION_LIMITS.findingTextMax);
}
