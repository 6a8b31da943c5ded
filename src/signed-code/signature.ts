/**
 * The signature of a package, in the form of AWS Signer: CMS SignedData over a detached digest, as PEM, whose signed
 * attributes say which profile and which job signed and until when. One attribute is ours: the digest with lengths and
 * modes. Pure; who signs and who is trusted comes in. Source of the form: RFC 5652, and signed packages.
 */
import { createHash, X509Certificate } from "node:crypto";
import {
  type Certified,
  certificateHash,
  isIssuedBy,
  issuerAndSerial,
  privateKeyOf,
  signSha384,
  verifySha384,
} from "./certificates.ts";
import {
  der,
  integer,
  type Node,
  objectId,
  objectIdOf,
  readDer,
  sequence,
  setOf,
  TAG,
  text,
  time,
  timeOf,
} from "./der.ts";
import type { ZipDigests } from "./zip-digests.ts";

const OID = {
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  algorithmProtection: "1.2.840.113549.1.9.52",
  sha384: "2.16.840.1.101.3.4.2.2",
  ecdsaWithSha384: "1.2.840.10045.4.3.3",
  /** AWS Signer's own. */
  job: "1.3.187.137.1.2",
  expiry: "1.3.187.137.1.3",
  profileVersion: "1.3.187.137.1.4",
  /** Lambent's: below 2.25 stand UUIDs. */
  entries: "2.25.318947256403841705729136846205971620437",
} as const;

const PEM = /^-----BEGIN PKCS7-----\s+([A-Za-z0-9+/=\s]+)-----END PKCS7-----\s*$/;

/** What a signature says of itself. */
export interface Claims {
  readonly profileVersionArn: string;
  readonly jobArn: string;
  /** Epoch milliseconds. */
  readonly signedMs: number;
  readonly expiresMs: number;
}

export type Verdict =
  /** It is no signature of this package. */
  | { readonly kind: "broken"; readonly reason: string }
  /** It is, by somebody whom none of the roots vouches for. */
  | { readonly kind: "stranger"; readonly claims: Claims }
  | {
      readonly kind: "vouched";
      readonly claims: Claims;
      /** As GetRevocationStatus takes them: of a certificate and its issuer, run together. */
      readonly certificateHashes: readonly string[];
    };

/** PEM. `chain` are the certificates above the signer's. */
export function makeSignature(
  digests: ZipDigests,
  claims: Claims,
  signer: Certified,
  chain: readonly Uint8Array[],
): string {
  const hash = sequence(objectId(OID.sha384));
  const attributes = [
    attribute(OID.contentType, objectId(OID.data)),
    attribute(OID.messageDigest, der(TAG.octetString, sha384(digests.content))),
    attribute(OID.signingTime, time(claims.signedMs)),
    attribute(OID.expiry, time(claims.expiresMs)),
    attribute(OID.job, text(claims.jobArn)),
    attribute(OID.profileVersion, text(claims.profileVersionArn)),
    attribute(OID.entries, der(TAG.octetString, digests.entries)),
    attribute(OID.algorithmProtection, sequence(hash, der(TAG.context1, objectId(OID.ecdsaWithSha384)))),
  ];
  const signed = setOf(...attributes);
  const signerInfo = sequence(
    integer(1n),
    issuerAndSerial(signer.certificate),
    hash,
    retagged(signed, TAG.context0),
    sequence(objectId(OID.ecdsaWithSha384)),
    der(TAG.octetString, signSha384(signed, privateKeyOf(signer))),
  );
  const signedData = sequence(
    integer(1n),
    setOf(hash),
    sequence(objectId(OID.data)),
    retagged(setOf(signer.certificate, ...chain), TAG.context0),
    setOf(signerInfo),
  );
  const cms = sequence(objectId(OID.signedData), der(TAG.context0, signedData)).toString("base64");
  return `-----BEGIN PKCS7-----\n${(cms.match(/.{1,64}/g) ?? []).join("\n")}\n-----END PKCS7-----\n`;
}

/** Whether `pem` is a signature of a package of these digests, and who vouches for it. */
export function checkSignature(pem: string, digests: ZipDigests, roots: readonly Uint8Array[]): Verdict {
  try {
    return check(parse(pem), digests, roots);
  } catch (error) {
    // Whatever cannot be read, certificates that OpenSSL refuses among it, is no signature.
    return { kind: "broken", reason: error instanceof Error ? error.message : String(error) };
  }
}

function check(parsed: Parsed, digests: ZipDigests, roots: readonly Uint8Array[]): Verdict {
  const { attributes, claims, signedBytes, signature, certificates, signer } = parsed;
  const digest = attributes.get(OID.messageDigest)?.body;
  if (digest === undefined || !digest.equals(sha384(digests.content))) {
    return { kind: "broken", reason: "it is about another package" };
  }
  const certificate = certificates.find((candidate) => issuerAndSerial(candidate.raw).equals(signer));
  if (certificate === undefined || !verifySha384(signedBytes, certificate, signature)) {
    return { kind: "broken", reason: "it does not fit its certificate" };
  }
  const entries = attributes.get(OID.entries)?.body;
  if (entries !== undefined && !entries.equals(digests.entries)) {
    return { kind: "broken", reason: "names, contents or modes of entries are others" };
  }
  const root = roots.map((bytes) => new X509Certificate(bytes)).find((known) => isIssuedBy(certificate, known));
  // Whoever signs here writes the digest with lengths: without it, ends of names may have been moved.
  if (root === undefined || entries === undefined) return { kind: "stranger", claims };
  const [own, above] = [certificateHash(certificate.raw), certificateHash(root.raw)];
  return { kind: "vouched", claims, certificateHashes: [own + above, above + above] };
}

interface Parsed {
  readonly attributes: ReadonlyMap<string, Node>;
  readonly claims: Claims;
  /** The attributes as they were signed. */
  readonly signedBytes: Buffer;
  readonly signature: Buffer;
  readonly certificates: readonly X509Certificate[];
  /** Issuer and serial number of the signer's certificate. */
  readonly signer: Buffer;
}

function parse(pem: string): Parsed {
  const [, base64] = PEM.exec(pem) ?? [];
  if (base64 === undefined) throw new RangeError("it is no PEM of a PKCS #7 message");
  const [type, content] = readDer(Buffer.from(base64, "base64")).children;
  const signedData = content?.children[0];
  if (type === undefined || signedData === undefined || objectIdOf(type) !== OID.signedData) {
    throw new RangeError("it is no signed data");
  }
  const certificateSet = signedData.children.find(({ tag }) => tag === TAG.context0);
  const infos = signedData.children.at(-1)?.children ?? [];
  const [info] = infos;
  if (info === undefined || infos.length !== 1) throw new RangeError("it has not one signer");
  const [, sid, , attributeSet, algorithm, signature] = info.children;
  if (sid === undefined || attributeSet?.tag !== TAG.context0 || signature === undefined || algorithm === undefined) {
    throw new RangeError("its signer has no signed attributes");
  }
  const [algorithmId] = algorithm.children;
  if (algorithmId === undefined || objectIdOf(algorithmId) !== OID.ecdsaWithSha384) {
    throw new RangeError("it has another algorithm");
  }
  const attributes = readAttributes(attributeSet);
  return {
    attributes,
    claims: claimsOf(attributes),
    signedBytes: retagged(attributeSet.whole, TAG.set),
    signature: signature.body,
    certificates: (certificateSet?.children ?? []).map(({ whole }) => new X509Certificate(whole)),
    signer: sid.whole,
  };
}

/** Each once: of two, one reader might take the first and another the second. */
function readAttributes(set: Node): ReadonlyMap<string, Node> {
  const attributes = new Map<string, Node>();
  for (const { children } of set.children) {
    const [id, values] = children;
    const [value] = values?.children ?? [];
    if (id === undefined || value === undefined || values?.children.length !== 1) {
      throw new RangeError("an attribute has not one value");
    }
    const name = objectIdOf(id);
    if (attributes.has(name)) throw new RangeError("an attribute occurs twice");
    attributes.set(name, value);
  }
  return attributes;
}

function claimsOf(attributes: ReadonlyMap<string, Node>): Claims {
  const required = (id: string): Node => {
    const node = attributes.get(id);
    if (node === undefined) throw new RangeError(`the attribute ${id} is missing`);
    return node;
  };
  return {
    profileVersionArn: required(OID.profileVersion).body.toString(),
    jobArn: required(OID.job).body.toString(),
    signedMs: timeOf(required(OID.signingTime)),
    expiresMs: timeOf(required(OID.expiry)),
  };
}

function attribute(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), setOf(value));
}

/** The same value under another tag: what is signed as a set stands in the message as [0]. */
function retagged(value: Buffer, tag: number): Buffer {
  return Buffer.concat([Buffer.from([tag]), value.subarray(1)]);
}

function sha384(bytes: Uint8Array): Buffer {
  return createHash("sha384").update(bytes).digest();
}
