/**
 * Tokens of ECR's GetAuthorizationToken: who asked for one, sealed, so that the registry knows its client by the password that
 * `docker login` keeps. Nobody else can make or read one.
 */
import type { Clock, Random } from "../base/index.ts";
import { type Records, Sealer } from "../store/index.ts";
import type { Principal } from "../wire/index.ts";
import { TOKEN_MS } from "./limits.ts";
import type { RegistryPlace, RepositoryName } from "./records.ts";

export interface RegistryClient extends RegistryPlace {
  /** Whoever asked for the token. */
  readonly principal: Principal;
}

export interface IssuedToken {
  readonly password: string;
  /** Epoch milliseconds. */
  readonly expiresMs: number;
}

interface Sealed extends RegistryClient {
  readonly expiresMs: number;
}

export interface LinkedLayer extends RepositoryName {
  readonly digest: string;
}

const LAYER_PURPOSE = "ecr/layer-link";
const PURPOSE = "ecr/authorization-token";

export class RegistryTokens {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #random: Random;
  #sealer: Promise<Sealer> | undefined;

  constructor({
    records,
    clock,
    random,
  }: { readonly records: Records; readonly clock: Clock; readonly random: Random }) {
    this.#records = records;
    this.#clock = clock;
    this.#random = random;
  }

  async issue({ accountId, region, principal }: RegistryClient): Promise<IssuedToken> {
    const expiresMs = this.#clock.now() + TOKEN_MS;
    const text = JSON.stringify({ accountId, region, principal, expiresMs });
    return { password: (await this.#seal()).seal(Buffer.from(text), PURPOSE), expiresMs };
  }

  /** Undefined for what is no token of this server, or has expired. */
  async open(password: string): Promise<RegistryClient | undefined> {
    const sealer = await this.#seal();
    try {
      // Nobody but this server can have made what opens.
      const sealed: Sealed = JSON.parse(sealer.open(password, PURPOSE).toString("utf8"));
      const { expiresMs, ...client } = sealed;
      return expiresMs > this.#clock.now() ? client : undefined;
    } catch {
      // Whatever was not sealed here cannot be opened, for one reason or another.
      return undefined;
    }
  }

  /** A link's last part, by which anybody may have this one blob for a while. */
  async layerLink(repository: RepositoryName, digest: string, lifetimeMs: number): Promise<string> {
    const { accountId, region, name } = repository;
    const text = JSON.stringify({ accountId, region, name, digest, expiresMs: this.#clock.now() + lifetimeMs });
    const sealed = (await this.#seal()).seal(Buffer.from(text), LAYER_PURPOSE);
    return Buffer.from(sealed, "base64").toString("base64url");
  }

  /** Undefined for a link that is none, or has expired. */
  async openLayerLink(link: string): Promise<LinkedLayer | undefined> {
    const sealer = await this.#seal();
    try {
      const sealed = Buffer.from(link, "base64url").toString("base64");
      const { expiresMs, ...layer }: LinkedLayer & { readonly expiresMs: number } = JSON.parse(
        sealer.open(sealed, LAYER_PURPOSE).toString("utf8"),
      );
      return expiresMs > this.#clock.now() ? layer : undefined;
    } catch {
      // As above.
      return undefined;
    }
  }

  #seal(): Promise<Sealer> {
    this.#sealer ??= Sealer.of(this.#records, this.#random, PURPOSE);
    return this.#sealer;
  }
}
