/**
 * Puts a signature into a zip without touching what is there: two entries behind the last one, and a directory that names
 * them. Pure bytes. Source: PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16.
 */
import { crc32 } from "node:zlib";
import { FOLDER_ATTRIBUTES, SIGNATURE_FILE, SIGNATURE_FOLDER, Unsignable } from "./zip-digests.ts";

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 0xffff;
const COUNT_MAX = 0xffff;
const OFFSET_MAX = 0xffffffff;
const FILE_ATTRIBUTES = (0o100644 << 16) >>> 0;
/** Unix, version 2.0. */
const MADE_BY = (3 << 8) | 20;
const NEEDED = 20;
/** 1 January 1980, the first day that zips know. */
const DATE = 0x21;

/** Throws Unsignable for a zip whose directory leaves no room (zip64) or is not found. */
export function appendSignature(zip: Uint8Array, pem: string, options: { readonly hasFolder: boolean }): Buffer {
  const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = findEnd(bytes);
  const count = bytes.readUInt16LE(end + 10);
  const size = bytes.readUInt32LE(end + 12);
  const start = bytes.readUInt32LE(end + 16);
  if (count >= COUNT_MAX - 2 || start === OFFSET_MAX || start + size > end) {
    throw new Unsignable("zips with a zip64 directory cannot be signed");
  }
  const added: { readonly name: string; readonly attributes: number; readonly body: Buffer }[] = [
    ...(options.hasFolder ? [] : [{ name: SIGNATURE_FOLDER, attributes: FOLDER_ATTRIBUTES, body: Buffer.alloc(0) }]),
    { name: SIGNATURE_FILE, attributes: FILE_ATTRIBUTES, body: Buffer.from(pem) },
  ];
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [bytes.subarray(start, start + size)];
  let offset = start;
  for (const { name, attributes, body } of added) {
    const facts = factsOf(name, body);
    const local = Buffer.concat([number32(0x04034b50), facts, number16(0), Buffer.from(name), body]);
    centrals.push(centralOf(facts, name, attributes, offset));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const tail = Buffer.from(bytes.subarray(end));
  tail.writeUInt16LE(count + added.length, 8);
  tail.writeUInt16LE(count + added.length, 10);
  tail.writeUInt32LE(directory.length, 12);
  tail.writeUInt32LE(offset, 16);
  return Buffer.concat([bytes.subarray(0, start), ...locals, directory, tail]);
}

/** What stands alike in front of an entry and in the directory: from the version needed to the length of the name. */
function factsOf(name: string, body: Buffer): Buffer {
  const stored = [number16(NEEDED), number16(0), number16(0), number16(0), number16(DATE)];
  const sizes = [number32(crc32(body)), number32(body.length), number32(body.length)];
  return Buffer.concat([...stored, ...sizes, number16(Buffer.byteLength(name))]);
}

function centralOf(facts: Buffer, name: string, attributes: number, offset: number): Buffer {
  return Buffer.concat([
    number32(0x02014b50),
    number16(MADE_BY),
    facts,
    // Lengths of extra field and comment, disk, internal attributes.
    Buffer.alloc(8),
    number32(attributes),
    number32(offset),
    Buffer.from(name),
  ]);
}

function findEnd(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = bytes.length - END_BYTES; at >= first; at -= 1) {
    if (bytes.readUInt32LE(at) === END_SIGNATURE && at + END_BYTES + bytes.readUInt16LE(at + 20) === bytes.length) {
      return at;
    }
  }
  throw new Unsignable("this is no zip");
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
