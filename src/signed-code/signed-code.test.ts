/** Signatures of packages: they hold for the package that was signed, for each entry of it, and for nothing else. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { before, describe, it } from "node:test";
import { ZipFile } from "yazl";
import { appendSignature } from "./append-signature.ts";
import { type Certified, makeRoot, makeSigner } from "./certificates.ts";
import { type Claims, checkSignature, makeSignature } from "./signature.ts";
import { digestZip, SIGNATURE_FILE, Unsignable } from "./zip-digests.ts";

const BYTES_MAX = 1_000_000;
const NOW = Date.UTC(2026, 4, 1);
const YEAR = 365 * 86_400_000;
const CLAIMS: Claims = {
  profileVersionArn: "arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/0123456789",
  jobArn: "arn:aws:signer:us-east-1:000000000000:/signing-jobs/01234567-89ab-cdef-0123-456789abcdef",
  signedMs: NOW + 123,
  expiresMs: NOW + YEAR,
};

interface Part {
  readonly name: string;
  readonly body: string;
  readonly mode?: number;
}
const PARTS: readonly Part[] = [
  { name: "index.mjs", body: "export const handler = async () => 1;" },
  { name: "lib/a.txt", body: "aaaa", mode: 0o100755 },
  { name: "lib/b.txt", body: "" },
];

async function zipOf(parts: readonly Part[]): Promise<Buffer> {
  const archive = new ZipFile();
  for (const { name, body, mode = 0o100644 } of parts)
    archive.addBuffer(Buffer.from(body), name, { mode, mtime: new Date(0) });
  archive.end();
  const chunks: Buffer[] = [];
  for await (const chunk of archive.outputStream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

describe("a signed package", () => {
  let root: Certified;
  let signer: Certified;
  before(async () => {
    const terms = { fromMs: NOW - 1000, untilMs: NOW + 20 * YEAR };
    root = await makeRoot({ ...terms, commonName: "Lambent Signer root", serial: 1n });
    signer = await makeSigner(root, { ...terms, commonName: "Lambent Signer", serial: 77n });
  });

  async function sign(zip: Buffer, claims = CLAIMS): Promise<Buffer> {
    const digests = await digestZip(zip, { bytesMax: BYTES_MAX, withFolder: true });
    return appendSignature(zip, makeSignature(digests, claims, signer, [root.certificate]), digests);
  }
  async function verdict(zip: Buffer, roots = [root.certificate]) {
    const digests = await digestZip(zip, { bytesMax: BYTES_MAX });
    return checkSignature(digests.signature ?? "", digests, roots);
  }

  it("has certificates that OpenSSL reads and chains", () => {
    const [above, below] = [new X509Certificate(root.certificate), new X509Certificate(signer.certificate)];
    assert.ok(above.ca && !below.ca);
    assert.ok(below.checkIssued(above) && below.verify(above.publicKey));
    assert.ok(above.verify(above.publicKey));
    assert.deepEqual([below.subject, below.issuer], ["CN=Lambent Signer", "CN=Lambent Signer root"]);
  });

  it("is vouched for, with what the signature says", async () => {
    const signed = await sign(await zipOf(PARTS));
    const found = await verdict(signed);
    assert.equal(found.kind, "vouched");
    assert.deepEqual(found.kind === "vouched" && found.claims, CLAIMS);
    assert.match(found.kind === "vouched" ? (found.certificateHashes[0] ?? "") : "", /^[0-9a-f]{192}$/);
  });

  it("is a stranger's where no root vouches for it", async () => {
    const other = await makeRoot({ commonName: "Lambent Signer root", serial: 1n, fromMs: NOW, untilMs: NOW + YEAR });
    const signed = await sign(await zipOf(PARTS));
    assert.equal((await verdict(signed, [other.certificate])).kind, "stranger");
    assert.equal((await verdict(signed, [])).kind, "stranger");
  });

  /** The signature of `from` in a zip of `parts`. */
  async function moved(from: Buffer, parts: readonly Part[]): Promise<Buffer> {
    const { signature = "" } = await digestZip(from, { bytesMax: BYTES_MAX });
    return appendSignature(await zipOf(parts), signature, { hasFolder: false });
  }

  const changes: Readonly<Record<string, readonly Part[]>> = {
    "a content changed": PARTS.map((part) => (part.name === "lib/a.txt" ? { ...part, body: "aaab" } : part)),
    "a name changed": PARTS.map((part) => (part.name === "lib/b.txt" ? { ...part, name: "lib/c.txt" } : part)),
    "a mode changed": PARTS.map((part) => (part.name === "lib/a.txt" ? { ...part, mode: 0o100644 } : part)),
    "a file became a link": PARTS.map((part) => (part.name === "lib/a.txt" ? { ...part, mode: 0o120777 } : part)),
    "an entry added": [...PARTS, { name: "z", body: "z" }],
    "an empty entry added": [...PARTS, { name: "z", body: "" }],
    "an entry removed": PARTS.slice(1),
    "an empty entry removed": PARTS.slice(0, 2),
    "entries exchanged": [...PARTS].reverse(),
    // Run together, names and contents are the same as before.
    "the end of a name moved into the content": PARTS.map((part) =>
      part.name === "lib/a.txt" ? { ...part, name: "lib/a.tx", body: "taaaa" } : part,
    ),
  };
  for (const [how, parts] of Object.entries(changes)) {
    it(`is broken with ${how}`, async () => {
      const signed = await sign(await zipOf(PARTS));
      assert.equal((await verdict(await moved(signed, PARTS))).kind, "vouched");
      assert.equal((await verdict(await moved(signed, parts))).kind, "broken");
    });
  }

  it("is not read where a name occurs twice", async () => {
    const twice = await moved(await sign(await zipOf(PARTS)), [...PARTS, { name: "index.mjs", body: "evil" }]);
    await assert.rejects(verdict(twice), Unsignable);
    const signed = await sign(await zipOf(PARTS));
    const { signature = "" } = await digestZip(signed, { bytesMax: BYTES_MAX });
    await assert.rejects(verdict(appendSignature(signed, signature, { hasFolder: true })), Unsignable);
  });

  it("is broken with any other byte of its signature that matters", async () => {
    const digests = await digestZip(await zipOf(PARTS), { bytesMax: BYTES_MAX, withFolder: true });
    const pem = makeSignature(digests, CLAIMS, signer, [root.certificate]);
    const bytes = Buffer.from(pem.replace(/-----[^-]+-----|\n/g, ""), "base64");
    for (let at = 0; at < bytes.length; at += 5) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 4;
      const text = `-----BEGIN PKCS7-----\n${changed.toString("base64")}\n-----END PKCS7-----\n`;
      const found = checkSignature(text, digests, [root.certificate]);
      // What is no part of the chain, as versions and the root's copy, changes neither who signed nor what.
      if (found.kind === "vouched") assert.deepEqual(found.claims, CLAIMS);
    }
    for (const text of ["", "x", pem.slice(0, -40), pem.replace("PKCS7", "CMS")]) {
      assert.equal(checkSignature(text, digests, [root.certificate]).kind, "broken");
    }
  });

  it("stays a zip that others read, comment and all", async () => {
    const archive = new ZipFile();
    archive.addBuffer(Buffer.from("x"), "x");
    archive.end({ comment: "a comment", forceZip64Format: false });
    const chunks: Buffer[] = [];
    for await (const chunk of archive.outputStream) chunks.push(Buffer.from(chunk));
    const signed = await sign(Buffer.concat(chunks));
    assert.equal((await verdict(signed)).kind, "vouched");
    assert.ok(signed.toString("latin1").endsWith("a comment"));
    assert.ok(signed.includes(SIGNATURE_FILE));
  });
});
