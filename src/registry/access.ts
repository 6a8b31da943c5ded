/**
 * Who a client of the registry is and what it may: by the token that ECR's GetAuthorizationToken gave it, or, where nobody is
 * authenticated, by the host name that it asks, as everybody.
 */
import type { IncomingMessage } from "node:http";
import type { Principal } from "../wire/index.ts";
import { basicCredentials, placeOfHost } from "./http-request.ts";
import { RegistryProblem } from "./problems.ts";
import type { RegistryPlace, RepositoryName, RepositoryRecord } from "./records.ts";
import type { LinkedLayer, RegistryTokens } from "./tokens.ts";

export interface RegistryCaller extends RegistryPlace {
  /** Whoever asked for the token; undefined for everybody. */
  readonly principal: Principal | undefined;
}

export interface RegistryAction {
  /** `ecr:PutImage` */
  readonly action: string;
  readonly repository: RepositoryName;
  /** Undefined where there is no such repository. */
  readonly record: RepositoryRecord | undefined;
}

/** Throws RegistryProblem for what the holder of a token may not do. */
export type RegistryGate = (request: IncomingMessage, principal: Principal, what: RegistryAction) => Promise<void>;

export interface RegistryAccessOptions {
  readonly tokens: RegistryTokens;
  /** The account and region of clients that say none. */
  readonly defaultPlace: RegistryPlace;
  /** Whether clients without a token are refused. */
  readonly isTokenRequired: boolean;
  /** Absent where everybody may everything. */
  readonly gate?: RegistryGate;
}

export class RegistryAccess {
  readonly #options: RegistryAccessOptions;

  constructor(options: RegistryAccessOptions) {
    this.#options = options;
  }

  /** Throws RegistryProblem for a client that must be known and is not. */
  async identify(request: IncomingMessage): Promise<RegistryCaller> {
    const { tokens, defaultPlace, isTokenRequired } = this.#options;
    const given = basicCredentials(request.headers.authorization);
    const known = given?.user === "AWS" ? await tokens.open(given.password) : undefined;
    const asked = placeOfHost(request.headers.host);
    if (known !== undefined) return { ...known, ...asked };
    if (isTokenRequired) throw new RegistryProblem("UNAUTHORIZED", 401, "Not Authorized");
    return { ...defaultPlace, ...asked, principal: undefined };
  }

  /** Throws RegistryProblem for a link that is none, or has expired. */
  async openLink(link: string): Promise<LinkedLayer> {
    const layer = await this.#options.tokens.openLayerLink(link);
    if (layer === undefined) throw new RegistryProblem("DENIED", 403, "the link does not hold");
    return layer;
  }

  async authorize(request: IncomingMessage, { principal }: RegistryCaller, what: RegistryAction): Promise<void> {
    if (principal !== undefined) await this.#options.gate?.(request, principal, what);
  }
}
