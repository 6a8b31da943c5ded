/** The store's own root of trust, made once, and the keys of profiles below it: sealed wherever they are kept. */
import type { Clock, Random } from "../../base/index.ts";
import type { Certified } from "../../signed-code/index.ts";
import { Sealer, type Store } from "../../store/index.ts";
import { CERTIFICATE_YEARS, DAY_MS } from "./limits.ts";
import { rootTable } from "./records.ts";

interface Ports {
  readonly store: Pick<Store, "records">;
  readonly clock: Clock;
  readonly random: Random;
}

interface KeptCertified {
  readonly certificate: string;
  readonly sealedKey: string;
}

const ROOT = "root";

/** DER. Made by whoever asks first. */
export async function rootCertificate(ports: Ports): Promise<Buffer> {
  return Buffer.from((await keptRoot(ports)).certificate, "base64");
}

/** A new key below the root, to be kept under `place`. */
export async function newSigner(ports: Ports, place: string): Promise<KeptCertified> {
  const { makeSigner } = await import("../../signed-code/index.ts");
  const root = await openCertified(ports, await keptRoot(ports), ROOT);
  return seal(ports, await makeSigner(root, terms(ports, "Lambent Signer")), place);
}

/** What was kept under `place`, with its key in the open. */
export async function openCertified(ports: Ports, kept: KeptCertified, place: string): Promise<Certified> {
  const privateKey = (await sealerOf(ports)).open(kept.sealedKey, `signer/${place}`);
  return { privateKey, certificate: Buffer.from(kept.certificate, "base64") };
}

async function keptRoot(ports: Ports): Promise<KeptCertified> {
  const table = rootTable(ports.store);
  const kept = await table.get(ROOT);
  if (kept !== undefined) return kept;
  const { makeRoot } = await import("../../signed-code/index.ts");
  const made = await seal(ports, await makeRoot(terms(ports, "Lambent Signer root")), ROOT);
  return (await table.create(ROOT, made)) ? made : keptRoot(ports);
}

async function seal(ports: Ports, { privateKey, certificate }: Certified, place: string): Promise<KeptCertified> {
  const sealedKey = (await sealerOf(ports)).seal(privateKey, `signer/${place}`);
  privateKey.fill(0);
  return { certificate: certificate.toString("base64"), sealedKey };
}

function sealerOf({ store, random }: Ports): Promise<Sealer> {
  return Sealer.of(store.records, random, "signer");
}

function terms(
  { clock, random }: Ports,
  commonName: string,
): Parameters<typeof import("../../signed-code/index.ts").makeRoot>[0] {
  const fromMs = clock.now() - DAY_MS;
  const untilMs = fromMs + CERTIFICATE_YEARS * 365 * DAY_MS;
  // Positive, and of at most 20 bytes.
  const serial = BigInt(`0x1${random.hex(15)}`);
  return { commonName, serial, fromMs, untilMs };
}
