/**
 * X.509 certificates of signing keys: one root per store, and one certificate below it for each version of a signing
 * profile. P-384 and SHA-384, as AWS Signer's platform for Lambda has it. Pure but for the keys that it makes.
 */
import {
  createHash,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from "node:crypto";
import { promisify } from "node:util";
import { certificateTime, der, integer, objectId, readDer, sequence, setOf, TAG, text } from "./der.ts";

const generate = promisify(generateKeyPair);

const OID = {
  commonName: "2.5.4.3",
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  ecdsaWithSha384: "1.2.840.10045.4.3.3",
} as const;

/** A key, and the certificate that says whose it is. */
export interface Certified {
  /** DER, PKCS #8. */
  readonly privateKey: Buffer;
  /** DER. */
  readonly certificate: Buffer;
}

export interface CertificateTerms {
  readonly commonName: string;
  readonly serial: bigint;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A root: its own issuer. */
export async function makeRoot(terms: CertificateTerms): Promise<Certified> {
  const { privateKey, publicKey } = await newKey();
  return { privateKey, certificate: issue(terms, publicKey, { name: terms.commonName, key: privateKey }, true) };
}

/** A key for code signing below `issuer`. */
export async function makeSigner(issuer: Certified, terms: CertificateTerms): Promise<Certified> {
  const { privateKey, publicKey } = await newKey();
  const name = nameOf(issuer.certificate);
  return { privateKey, certificate: issue(terms, publicKey, { name, key: issuer.privateKey }, false) };
}

/** Whether `issuer` made `certificate`. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** As GetRevocationStatus names certificates: SHA-384 of what the issuer signed. */
export function certificateHash(certificate: Uint8Array): string {
  const [signed] = readDer(certificate).children;
  if (signed === undefined) throw new RangeError("this is no certificate");
  return createHash("sha384").update(signed.whole).digest("hex");
}

/** Issuer and serial number, as signatures name a certificate. */
export function issuerAndSerial(certificate: Uint8Array): Buffer {
  const [signed] = readDer(certificate).children;
  const [, serial, , issuer] = signed?.children ?? [];
  if (serial === undefined || issuer === undefined) throw new RangeError("this is no certificate");
  return sequence(issuer.whole, serial.whole);
}

export function privateKeyOf({ privateKey }: Pick<Certified, "privateKey">): KeyObject {
  return createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" });
}

/** The signature of `message` by a P-384 key, DER. */
export function signSha384(message: Uint8Array, key: KeyObject): Buffer {
  return sign("sha384", message, key);
}

export function verifySha384(message: Uint8Array, certificate: X509Certificate, signature: Uint8Array): boolean {
  return verify("sha384", message, certificate.publicKey, signature);
}

function newKey(): Promise<{ readonly privateKey: Buffer; readonly publicKey: Buffer }> {
  return generate("ec", {
    namedCurve: "P-384",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
}

function issue(
  { commonName, serial, fromMs, untilMs }: CertificateTerms,
  publicKey: Uint8Array,
  issuer: { readonly name: string; readonly key: Buffer },
  isRoot: boolean,
): Buffer {
  const algorithm = sequence(objectId(OID.ecdsaWithSha384));
  const signed = sequence(
    der(TAG.context0, integer(2n)),
    integer(serial),
    algorithm,
    distinguishedName(issuer.name),
    sequence(certificateTime(fromMs), certificateTime(untilMs)),
    distinguishedName(commonName),
    publicKey,
    der(TAG.context3, sequence(...extensions(isRoot))),
  );
  const signature = signSha384(signed, privateKeyOf({ privateKey: issuer.key }));
  return sequence(signed, algorithm, der(TAG.bitString, Buffer.alloc(1), signature));
}

function extensions(isRoot: boolean): Buffer[] {
  const truth = Buffer.from([0x01, 0x01, 0xff]);
  const critical = (id: string, value: Buffer): Buffer => sequence(objectId(id), truth, der(TAG.octetString, value));
  // keyCertSign and cRLSign, or digitalSignature: bits 5 and 6, or 0, of a bit string.
  const usage = isRoot ? Buffer.from([1, 0x06]) : Buffer.from([7, 0x80]);
  const both = [
    critical(OID.basicConstraints, isRoot ? sequence(truth) : sequence()),
    critical(OID.keyUsage, der(TAG.bitString, usage)),
  ];
  if (isRoot) return both;
  const purpose = der(TAG.octetString, sequence(objectId(OID.codeSigning)));
  return [...both, sequence(objectId(OID.extendedKeyUsage), purpose)];
}

function distinguishedName(commonName: string): Buffer {
  return sequence(setOf(sequence(objectId(OID.commonName), text(commonName))));
}

function nameOf(certificate: Uint8Array): string {
  return new X509Certificate(certificate).subject.replace(/^CN=/, "");
}
