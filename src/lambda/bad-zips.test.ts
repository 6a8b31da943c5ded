/**
 * Goal: whatever is uploaded, a function has exactly the files of a sound zip, or the caller gets AWS's words and the data
 * folder is as it was. Method: sound zips by a library, bent by hand and at random.
 */
import assert from "node:assert/strict";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import yazl from "yazl";
import { Harness } from "./testing/harness.ts";
import { zipOf } from "./testing/zips.ts";

const UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again.";
const EMPTY = "Uploaded file must be a non-empty zip";
const TOO_LARGE = "Unzipped size must be smaller than 262144000 bytes";
const link = (content: string): { content: string; mode: number } => ({ content, mode: 0o120777 });

let lambda: Harness;
before(async () => {
  lambda = await Harness.open();
});
after(() => lambda?.[Symbol.asyncDispose]());

/** Everything that the house keeps of code: unpacked, on its way, and as it was uploaded. */
async function kept(): Promise<readonly string[]> {
  const all = await readdir(lambda.folder, { recursive: true });
  return all.filter((name) => /^code|blobs/.test(name)).sort();
}

async function refused(ZipFile: Uint8Array, message: string): Promise<void> {
  const before = await kept();
  const Layer = { LayerName: "bad", Content: { ZipFile } };
  await assert.rejects(lambda.create("bad", "", { Code: { ZipFile } }), {
    name: "InvalidParameterValueException",
    message,
  });
  await assert.rejects(lambda.call("PublishLayerVersion", Layer), { name: "InvalidParameterValueException", message });
  assert.deepEqual(await kept(), before);
}

/** A zip as the bytes of its parts say, without a library that would know better. */
interface Part {
  readonly name: Uint8Array;
  readonly content: Uint8Array;
  readonly flags?: number;
  /** Offset of a local header that is there already. */
  readonly at?: number;
}

function rawZip(parts: readonly Part[]): Buffer {
  const out: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, flags = 0x800, at } of parts) {
    const packed = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, name, packed]);
    const central = Buffer.alloc(46);
    central.write("PK\x01\x02");
    central.writeUInt16LE(0x314, 4);
    fields.copy(central, 6);
    central.writeUInt16LE(0, 32);
    central.writeUInt32LE((0o100644 << 16) >>> 0, 38);
    central.writeUInt32LE(at ?? offset, 42);
    directory.push(Buffer.concat([central, name]));
    if (at !== undefined) continue;
    out.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...out, entries, end]);
}

function renamed(zip: Buffer, from: string, to: string): Buffer {
  assert.equal(from.length, to.length);
  return Buffer.from(zip.toString("latin1").replaceAll(from, to), "latin1");
}

const text = (value: string): Buffer => Buffer.from(value);

test("zips that are none, are cut, lie about themselves or are locked are refused", async () => {
  const zip = await zipOf({ "index.mjs": "x".repeat(500), "lib/other.mjs": "y" });
  const at = zip.indexOf("PK\x01\x02");
  await refused(text("no zip at all"), UNREADABLE);
  for (const end of [1, 22, zip.length - 1, zip.length - 23, at]) await refused(zip.subarray(0, end), UNREADABLE);
  for (const [field, value] of [
    [8, 1],
    [10, 99],
    [16, 0x1234],
    [20, 0xff_ff],
    [24, 3],
    [42, 0xff_ff],
  ] as const) {
    const bent = Buffer.from(zip);
    bent.writeUInt16LE(bent.readUInt16LE(at + field) ^ value, at + field);
    await refused(bent, UNREADABLE);
  }
});

test("a zip with nothing in it is refused in AWS's words for that", async () => {
  await refused(await zipOf({}), EMPTY);
});

test("bombs are refused: too much in one file, in many, of shared bytes, and of themselves", async () => {
  const mebibytes = Buffer.alloc(2 ** 20 * 50);
  const one: Part = { name: text("zeros"), content: Buffer.alloc(262_144_001) };
  await refused(rawZip([one]), TOO_LARGE);
  const many = Array.from({ length: 6 }, (_, n): Part => ({ name: text(`zeros-${n}`), content: mebibytes }));
  await refused(rawZip(many), TOO_LARGE);
  const shared = Array.from({ length: 1000 }, (_, n): Part => ({ name: text(`a${n}`), content: text("abc"), at: 0 }));
  await refused(rawZip([{ name: text("first"), content: text("abc") }, ...shared]), UNREADABLE);
  // An entry that reaches over the next one's header, as a zip does that comes out of itself.
  const overlapping = rawZip([
    { name: text("outer"), content: text("x".repeat(3000)) },
    { name: text("inner"), content: text("abc"), at: 4 },
  ]);
  await refused(overlapping, UNREADABLE);
});

test("names that lead out, are absolute, no text, too long, or taken by another are refused", async () => {
  const zip = await zipOf({ "aa/bb.txt": "x", "one.txt": "1", "two.txt": "2" });
  for (const name of ["../bb.txt", "aa/../../", "/a/bb.txt", "C:/bb.txt", "..\\bb.txt", "\\\\a\\b.txt", "aa\0bb.txt"]) {
    await refused(renamed(zip, "aa/bb.txt", name.padEnd(9, "x").slice(0, 9)), UNREADABLE);
  }
  await refused(renamed(zip, "one.txt", "two.txt"), UNREADABLE);
  for (const flags of [0, 0x800]) {
    await refused(rawZip([{ name: Buffer.from([0x61, 0xff, 0xfe]), content: text("x"), flags }]), UNREADABLE);
  }
  await refused(rawZip([{ name: text("x".repeat(300)), content: text("x") }]), UNREADABLE);
  await refused(rawZip([{ name: text("x/".repeat(600)), content: text("") }]), UNREADABLE);
  await refused(await zipOf({ plain: "x", "plain/file": "y" }), UNREADABLE);
  await refused(
    rawZip([
      { name: text("a"), content: text("x") },
      { name: text("a/"), content: text("") },
    ]),
    UNREADABLE,
  );
});

test("links that lead out, and what is written through links, are refused", async () => {
  await refused(await zipOf({ out: link("../outside") }), UNREADABLE);
  await refused(await zipOf({ out: link("/etc/passwd") }), UNREADABLE);
  await refused(await zipOf({ "a/b/up": link("../.."), out: link("a/b/up/../x") }), UNREADABLE);
  await refused(await zipOf({ "sub/": "", door: link("sub"), "door/file": "x" }), UNREADABLE);
  await refused(await zipOf({ door: link("/tmp"), "door/file": "x" }), UNREADABLE);
});

test("zip64, names in another order, comments and special modes are taken, without set-uid bits", async () => {
  const zip = new yazl.ZipFile();
  zip.addBuffer(text("export const handler = () => 'zip64';"), "index.mjs", { mode: 0o106777, forceZip64Format: true });
  zip.addBuffer(text("ü"), "ünï/cödé.txt", { forceZip64Format: true });
  zip.end({ forceZip64Format: true, comment: "a comment" });
  const { CodeSha256 } = await lambda.create("large-format", "", { Code: { ZipFile: await buffer(zip.outputStream) } });
  assert.equal(await lambda.invoke("large-format"), "zip64");
  const folder = join(lambda.folder, "code", Buffer.from(CodeSha256 ?? "", "base64").toString("hex"));
  assert.equal((await lstat(join(folder, "index.mjs"))).mode & 0o7777, 0o755);
  assert.equal(await readFile(join(folder, "ünï", "cödé.txt"), "utf8"), "ü");
});

test("more files are taken than sixteen bits count", async () => {
  const packed = new yazl.ZipFile();
  // Not compressed: the library would make room for compressing all of them at once.
  for (let n = 0; n < 66_000; n += 1) packed.addBuffer(text(String(n)), `d${n % 100}/f${n}`, { compress: false });
  packed.end();
  const zip = await buffer(packed.outputStream);
  const { CodeSha256 } = await lambda.create("many", "", { Code: { ZipFile: zip } });
  const folder = join(lambda.folder, "code", Buffer.from(CodeSha256 ?? "", "base64").toString("hex"));
  assert.equal((await readdir(folder, { recursive: true })).length, 66_100);
  assert.equal(await readFile(join(folder, "d99", "f65999"), "utf8"), "65999");
});

test("a sound zip with random bytes changed, cut or doubled gives exactly its files, or AWS's refusal and nothing kept", async () => {
  const files = {
    "index.mjs": "export const handler = () => 1;\n".repeat(20),
    "lib/a.txt": "a",
    "lib/b/c.txt": "c".repeat(300),
  };
  const sound = await zipOf(files);
  const change = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), at: fc.nat(sound.length - 1), value: fc.nat(255) }),
    fc.record({ kind: fc.constant("cut" as const), at: fc.nat(sound.length - 1), value: fc.nat(40) }),
    fc.record({ kind: fc.constant("double" as const), at: fc.nat(sound.length - 1), value: fc.nat(40) }),
  );
  const before = await kept();
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      let zip = Buffer.from(sound);
      for (const { kind, at, value } of changes) {
        if (kind === "set") zip[at] = value;
        else if (kind === "cut") zip = Buffer.concat([zip.subarray(0, at), zip.subarray(at + value)]);
        else zip = Buffer.concat([zip.subarray(0, at + value), zip.subarray(at)]);
      }
      const made = await lambda.create("fuzzed", "", { Code: { ZipFile: zip } }).catch((error: unknown) => error);
      if (made instanceof Error) {
        assert.equal(made.name, "InvalidParameterValueException");
        assert.ok([UNREADABLE, EMPTY, TOO_LARGE].includes(made.message), made.message);
      } else {
        const { CodeSha256 } = await lambda.call("GetFunctionConfiguration", { FunctionName: "fuzzed" });
        const folder = join(lambda.folder, "code", Buffer.from(CodeSha256 ?? "", "base64").toString("hex"));
        const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
          entry.isFile(),
        );
        const contents = await Promise.all(
          names.map(({ parentPath, name }) => readFile(join(parentPath, name), "utf8")),
        );
        assert.deepEqual(contents.sort(), Object.values(files).sort());
        await lambda.call("DeleteFunction", { FunctionName: "fuzzed" });
      }
    }),
    { numRuns: 300, seed: 11 },
  );
  const left = (await kept()).filter((name) => name.includes("tmp-") || name.includes("incoming/"));
  assert.deepEqual(
    left,
    before.filter((name) => name.includes("tmp-") || name.includes("incoming/")),
  );
});
