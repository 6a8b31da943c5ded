/**
 * The wire's gate, in its two strictnesses: `enforce` refuses as AWS does, `audit` lets everything through and keeps what
 * would have been refused. A request is authenticated once, before its body is used, and each thing that its operation
 * needs is decided once, before its handler runs.
 */
import type { IncomingMessage } from "node:http";
import type { Clock, Log } from "../base/index.ts";
import {
  type AccessRequest,
  type Authenticated,
  type Gate,
  type RequestHead,
  ServiceError,
  userOf,
} from "../wire/index.ts";
import { Access } from "./access.ts";
import { Audit, type Finding } from "./audit.ts";
import { type AuthenticationOptions, authenticate, claimOf, findKey } from "./authentication.ts";
import type { Identities, KeySecret } from "./identities.ts";
import { openPage } from "./pages.ts";
import { accessDenied, unsigned } from "./refusals.ts";
import { type NeededPolicy, policiesFor } from "./statements.ts";

export interface AuthorizationOptions {
  readonly mode: "audit" | "enforce";
  readonly identities: Identities;
  readonly clock: Clock;
  readonly log: Log;
  /** Further signing names of a service. */
  readonly aliasesOf?: (service: string) => readonly string[];
  /** Hears of each key whose signature holds, and of what it was for. */
  readonly used?: NonNullable<AuthenticationOptions["used"]>;
}

export interface AuditReport {
  readonly mode: "audit" | "enforce";
  readonly findings: readonly Finding[];
  readonly policies: readonly NeededPolicy[];
}

export interface Authorization extends Gate {
  /** The key of these credentials, where they are good. */
  findKey(accessKeyId: string, sessionToken: string | undefined, region: string): Promise<KeySecret | undefined>;
  readonly mode: "audit" | "enforce";
  /** What would have been refused, in `audit`. */
  readonly audit: Audit;
  /** What refuses a page of the server to whoever sent the request; undefined where it is open to them. */
  openPage(request: IncomingMessage, action: `lambent:${string}`): Promise<ServiceError | undefined>;
  /** What was found, and the policies that would allow it, as JSON. */
  report(): AuditReport;
}

export function createAuthorization(options: AuthorizationOptions): Authorization {
  return new PolicyGate(options);
}

/** What a resource's policy may open to requests without a signature; every other API of AWS's wants one from everybody. */
const OPEN_TO_ANONYMOUS = /^(?:s3|sqs|sns):|^lambda:InvokeFunctionUrl$/;

class PolicyGate implements Authorization {
  readonly mode: "audit" | "enforce";
  readonly audit: Audit;
  readonly #access: Access;
  readonly #options: AuthorizationOptions;
  readonly #authentication: AuthenticationOptions;

  constructor(options: AuthorizationOptions) {
    this.mode = options.mode;
    this.audit = new Audit(options);
    this.#options = options;
    this.#access = new Access(options);
    this.#authentication = { ...options, aliasesOf: options.aliasesOf ?? (() => []) };
  }

  async authenticate(head: RequestHead, service: string): Promise<Authenticated | undefined> {
    if (this.mode === "enforce") return authenticate(this.#authentication, head, service, refuse);
    const note = (refusal: ServiceError): void => this.audit.unproven(service, keyIn(head, service), refusal);
    try {
      return await authenticate(this.#authentication, head, service, note);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      note(error);
      return this.#asClaimed(head, service);
    }
  }

  openPage(request: IncomingMessage, action: `lambent:${string}`): Promise<ServiceError | undefined> {
    return openPage(this, request, action);
  }

  report(): AuditReport {
    const findings = this.audit.findings();
    return { mode: this.mode, findings, policies: policiesFor(findings) };
  }

  async findKey(accessKeyId: string, sessionToken: string | undefined, region: string): Promise<KeySecret | undefined> {
    const found = await findKey(this.#authentication, { accessKeyId, sessionToken, region });
    return found === "expired" ? undefined : found;
  }

  async authorize({ needs, call, origin }: AccessRequest): Promise<void> {
    if (needs === "public") return;
    const { principal, service } = call;
    if (principal.kind === "anonymous" && !needs.some(({ action }) => OPEN_TO_ANONYMOUS.test(action))) {
      this.#refuseUnsigned(service);
      return;
    }
    for (const need of needs) {
      const decision = await this.#access.decide(need, call, origin);
      if (decision.allowed) continue;
      const refusal = accessDenied(service, principal, need, decision);
      if (this.mode === "enforce") throw refusal;
      this.audit.denied(call, need, decision, refusal);
    }
  }

  #refuseUnsigned(service: string): void {
    const refusal = unsigned(service);
    if (this.mode === "enforce") throw refusal;
    this.audit.unproven(service, undefined, refusal);
  }

  /** Who the request says it is from, as it is believed while nobody is authenticated. */
  async #asClaimed(head: RequestHead, service: string): Promise<Authenticated | undefined> {
    const claim = claimIn(head, service);
    if (claim === undefined) return undefined;
    const { accessKeyId, region } = claim;
    const known = await this.#options.identities.secretOf(accessKeyId, "aws");
    return { principal: known?.principal ?? userOf(accessKeyId, region), body: undefined };
  }
}

function refuse(refusal: ServiceError): void {
  throw refusal;
}

function keyIn(head: RequestHead, service: string): string | undefined {
  return claimIn(head, service)?.accessKeyId;
}

function claimIn(head: RequestHead, service: string): ReturnType<typeof claimOf> {
  try {
    return claimOf(head, service);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}
