/**
 * The keys that an OpenID Connect provider signs with, from its discovery document. A server is believed whose certificate
 * the machine trusts, or whose chain has a certificate that the provider's record names by its thumbprint. Keys are kept
 * for a while; an unknown key id makes them be asked for again.
 */
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { BoundedMap, type Clock, CollectedBytes } from "../../base/index.ts";
import type { VerificationKey } from "./identity-tokens.ts";
import { STS_LIMITS } from "./limits.ts";

interface Remembered {
  readonly keys: readonly VerificationKey[];
  readonly fetchedAt: number;
}

/** The provider cannot be reached, is not to be believed, or says something else than its keys. */
export class ProviderUnreachable extends Error {
  override readonly name = "ProviderUnreachable";
}

export class ProviderKeys {
  readonly #clock: Clock;
  readonly #remembered = new BoundedMap<string, Remembered>(STS_LIMITS.rememberedProvidersMax);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys of the issuer that `wanted` accepts. `thumbprints`: hex SHA-1. Throws ProviderUnreachable. */
  async find(
    issuer: string,
    thumbprints: readonly string[],
    wanted: (key: VerificationKey) => boolean,
  ): Promise<readonly VerificationKey[]> {
    const memo = `${issuer} ${thumbprints.join(" ")}`;
    const known = this.#remembered.get(memo);
    const age = known === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - known.fetchedAt;
    const found = known?.keys.filter(wanted) ?? [];
    if (found.length > 0 ? age < STS_LIMITS.providerKeysMs : age < STS_LIMITS.providerRetryMs) return found;
    const keys = await fetchKeys(issuer, thumbprints);
    this.#remembered.set(memo, { keys, fetchedAt: this.#clock.now() });
    return keys.filter(wanted);
  }
}

async function fetchKeys(issuer: string, thumbprints: readonly string[]): Promise<readonly VerificationKey[]> {
  const base = issuer.endsWith("/") ? issuer : `${issuer}/`;
  const { jwks_uri: keysUrl } = await fetchMembers(`${base}.well-known/openid-configuration`, thumbprints);
  if (typeof keysUrl !== "string") throw new ProviderUnreachable(`${issuer} names no keys`);
  const { keys } = await fetchMembers(keysUrl, thumbprints);
  if (!Array.isArray(keys)) throw new ProviderUnreachable(`${keysUrl} has no keys`);
  return keys.filter((key) => typeof key === "object" && key !== null);
}

async function fetchMembers(url: string, thumbprints: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  if (!url.startsWith("https://") || !URL.canParse(url)) throw new ProviderUnreachable(`${url} is not an https URL`);
  try {
    const answer = await answerOf(url);
    if (!isBelieved(answer, thumbprints)) {
      answer.destroy();
      throw new ProviderUnreachable(`the certificate of ${url} is not trusted`);
    }
    const parsed: unknown = JSON.parse(await textOf(answer));
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch (error) {
    if (error instanceof ProviderUnreachable) throw error;
    throw new ProviderUnreachable(`${url} does not answer`, { cause: error });
  }
}

function answerOf(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(STS_LIMITS.providerTimeoutMs);
    // The certificate is judged before the answer is read, by `isBelieved`.
    const asking = request(url, { rejectUnauthorized: false, agent: false, signal }, resolve);
    asking.on("error", reject);
    asking.end();
  });
}

function isBelieved({ socket }: IncomingMessage, thumbprints: readonly string[]): boolean {
  if (!isTls(socket)) return false;
  if (socket.authorized) return true;
  const wanted = new Set(thumbprints.map((thumbprint) => thumbprint.toLowerCase()));
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate !== undefined) {
    if (wanted.has(certificate.fingerprint.replaceAll(":", "").toLowerCase())) return true;
    // A certificate that signs itself is its own issuer.
    const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    certificate = issuer === certificate ? undefined : issuer;
  }
  return false;
}

function isTls(socket: IncomingMessage["socket"]): socket is TLSSocket {
  return "authorized" in socket;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  if (answer.statusCode !== 200) throw new ProviderUnreachable(`answered with status ${answer.statusCode}`);
  const bytes = new CollectedBytes();
  for await (const chunk of answer) {
    bytes.push(Buffer.from(chunk));
    if (bytes.length > STS_LIMITS.providerBytesMax) throw new ProviderUnreachable("the answer is too large");
  }
  return Buffer.from(bytes.take()).toString("utf8");
}
