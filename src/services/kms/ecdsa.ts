/**
 * ECDSA over a digest that is already there. The multiplication with the secret is OpenSSL's (a fresh ECDH pair is the
 * nonce and its point); what is done here with big integers is public, or one modular product under a nonce that is used
 * once. Source: FIPS 186-5, section 6.
 */
import { createECDH, type KeyObject } from "node:crypto";

interface Curve {
  /** As OpenSSL's ECDH calls it. */
  readonly name: string;
  readonly bytes: number;
  readonly p: bigint;
  readonly a: bigint;
  readonly n: bigint;
}

const CURVES: Readonly<Record<string, Curve>> = {
  prime256v1: {
    name: "prime256v1",
    bytes: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    a: -3n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  secp384r1: {
    name: "secp384r1",
    bytes: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    a: -3n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  secp521r1: {
    name: "secp521r1",
    bytes: 66,
    p: 2n ** 521n - 1n,
    a: -3n,
    n: 2n ** 521n - 0x5ae79787c40d069948033feb708f65a2fc44a36477663b851449048e16ec79bf7n,
  },
  secp256k1: {
    name: "secp256k1",
    bytes: 32,
    p: 2n ** 256n - 2n ** 32n - 977n,
    a: 0n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  },
};

/** Jacobian coordinates; the point at infinity has z = 0. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

const INFINITY: Point = { x: 1n, y: 1n, z: 0n };

/** DER, as KMS answers. */
export function signEcdsa(digest: Uint8Array, key: KeyObject): Buffer {
  const curve = curveOf(key);
  const secret = integerOf(key.export({ format: "jwk" }), "d");
  const z = truncated(digest, curve);
  for (;;) {
    const nonce = createECDH(curve.name);
    const point = nonce.generateKeys();
    const r = mod(big(point.subarray(1, 1 + curve.bytes)), curve.n);
    const s = mod(inverse(big(nonce.getPrivateKey()), curve.n) * (z + r * secret), curve.n);
    if (r !== 0n && s !== 0n) return encode(r, s);
  }
}

export function verifyEcdsa(digest: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  const curve = curveOf(key);
  const pair = decode(Buffer.from(signature));
  if (pair === undefined) return false;
  const { r, s } = pair;
  if (r <= 0n || r >= curve.n || s <= 0n || s >= curve.n) return false;
  const w = inverse(s, curve.n);
  const jwk = key.export({ format: "jwk" });
  const q = { x: integerOf(jwk, "x"), y: integerOf(jwk, "y"), z: 1n };
  const u1 = mod(truncated(digest, curve) * w, curve.n);
  const u2 = mod(r * w, curve.n);
  const sum = addPoints(multiply(u1, generator(curve), curve), multiply(u2, q, curve), curve);
  if (sum.z === 0n) return false;
  const zInverse = inverse(sum.z, curve.p);
  return mod(mod(sum.x * zInverse * zInverse, curve.p), curve.n) === r;
}

function curveOf(key: KeyObject): Curve {
  const name = key.asymmetricKeyDetails?.namedCurve ?? "";
  const curve = CURVES[name];
  if (curve === undefined) throw new Error(`the curve ${name} is not known`);
  return curve;
}

function generator(curve: Curve): Point {
  const one = createECDH(curve.name);
  one.setPrivateKey(Buffer.concat([Buffer.alloc(curve.bytes - 1), Buffer.from([1])]));
  const point = one.getPublicKey();
  return { x: big(point.subarray(1, 1 + curve.bytes)), y: big(point.subarray(1 + curve.bytes)), z: 1n };
}

function multiply(factor: bigint, point: Point, curve: Curve): Point {
  let result = INFINITY;
  for (const bit of factor.toString(2)) {
    result = double(result, curve);
    if (bit === "1") result = addPoints(result, point, curve);
  }
  return result;
}

function double(point: Point, { p, a }: Curve): Point {
  if (point.z === 0n) return point;
  const yy = mod(point.y * point.y, p);
  const s = mod(4n * point.x * yy, p);
  const zz = mod(point.z * point.z, p);
  const m = mod(3n * point.x * point.x + a * zz * zz, p);
  const x = mod(m * m - 2n * s, p);
  return { x, y: mod(m * (s - x) - 8n * yy * yy, p), z: mod(2n * point.y * point.z, p) };
}

function addPoints(one: Point, other: Point, curve: Curve): Point {
  if (one.z === 0n) return other;
  if (other.z === 0n) return one;
  const { p } = curve;
  const zz1 = mod(one.z * one.z, p);
  const zz2 = mod(other.z * other.z, p);
  const u1 = mod(one.x * zz2, p);
  const s1 = mod(one.y * other.z * zz2, p);
  const h = mod(other.x * zz1 - u1, p);
  const r = mod(other.y * one.z * zz1 - s1, p);
  if (h === 0n) return r === 0n ? double(one, curve) : INFINITY;
  const hh = mod(h * h, p);
  const hhh = mod(h * hh, p);
  const v = mod(u1 * hh, p);
  const x = mod(r * r - hhh - 2n * v, p);
  return { x, y: mod(r * (v - x) - s1 * hhh, p), z: mod(one.z * other.z * h, p) };
}

/** The leftmost bits, as many as the curve's order has. */
function truncated(digest: Uint8Array, { n }: Curve): bigint {
  const excess = digest.length * 8 - n.toString(2).length;
  return excess > 0 ? big(digest) >> BigInt(excess) : big(digest);
}

function encode(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([r, s].map(derInteger));
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length];
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, padded.length]), padded]);
}

/** Only what `encode` makes is read: two forms of one signature would be two signatures. */
function decode(der: Buffer): { readonly r: bigint; readonly s: bigint } | undefined {
  const start = der[1] === 0x81 ? 3 : 2;
  const rLength = der[start + 1] ?? 0;
  const sLength = der[start + 3 + rLength] ?? 0;
  const r = big(der.subarray(start + 2, start + 2 + rLength));
  const s = big(der.subarray(start + 4 + rLength, start + 4 + rLength + sLength));
  return der.equals(encode(r, s)) ? { r, s } : undefined;
}

function integerOf(
  jwk: { readonly d?: string; readonly x?: string; readonly y?: string },
  member: "d" | "x" | "y",
): bigint {
  return big(Buffer.from(jwk[member] ?? "", "base64url"));
}

function big(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** By the extended Euclidean algorithm; `modulus` is prime. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [mod(value, modulus), modulus];
  let [x, y] = [1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return mod(x, modulus);
}
