/**
 * The aws-chunked content coding: `size[;chunk-signature=…]\r\n data \r\n`, a last chunk of size 0, then trailers. An
 * incremental decoder with bounded lines, so it works on a stream of any length. Chunks and their signatures are shown to
 * whoever checks them; trailers are read and kept. Content that a check has not seen to its chunk's end goes on at once:
 * the error that ends the stream takes it back.
 */
import { Transform, type TransformCallback } from "node:stream";
import type { BodyCheck } from "../gate.ts";
import { ServiceError } from "../service-error.ts";

const CR_LF = Buffer.from("\r\n");
const SIZE_LINE = /^([0-9a-fA-F]{1,12})(;.*)?$/;
const CHUNK_SIGNATURE = /;\s*chunk-signature=([^;]*)/;

function incompleteBody(message: string): ServiceError {
  return new ServiceError("IncompleteBody", 400, message);
}

type State = "size" | "data" | "data-end" | "trailers" | "done";

export class AwsChunkedDecoder {
  readonly #lineBytesMax: number;
  readonly #expectedLength: number | undefined;
  readonly #trailers = new Map<string, string>();
  readonly #check: BodyCheck["chunked"];
  #state: State = "size";
  #signature: string | undefined;
  #held: Buffer = Buffer.alloc(0);
  #chunkLeft = 0;
  #decodedLength = 0;

  /** `expectedLength` is `x-amz-decoded-content-length`, when the client sent it. */
  constructor(lineBytesMax: number, expectedLength: number | undefined, check?: BodyCheck["chunked"]) {
    this.#check = check;
    this.#lineBytesMax = lineBytesMax;
    this.#expectedLength = expectedLength;
  }

  /** Trailing headers, by lower-case name; complete after `end`. */
  get trailers(): ReadonlyMap<string, string> {
    return this.#trailers;
  }

  /** The content that `chunk` completes. @throws ServiceError IncompleteBody */
  push(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    let rest: Buffer = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = Buffer.alloc(0);
    while (rest.length > 0 && this.#state !== "done") {
      if (this.#state === "data") {
        const part = rest.subarray(0, this.#chunkLeft);
        out.push(part);
        this.#check?.push(part);
        this.#chunkLeft -= part.length;
        this.#decodedLength += part.length;
        rest = rest.subarray(part.length);
        if (this.#chunkLeft === 0) {
          this.#check?.endChunk(this.#signature);
          this.#state = "data-end";
        }
        continue;
      }
      const end = rest.indexOf(CR_LF);
      if (end > this.#lineBytesMax || (end === -1 && rest.length > this.#lineBytesMax)) {
        throw incompleteBody("A line of the chunked body is too long");
      }
      if (end === -1) {
        this.#held = Buffer.from(rest);
        return out;
      }
      this.#takeLine(rest.toString("latin1", 0, end));
      rest = rest.subarray(end + CR_LF.length);
    }
    return out;
  }

  /** Checks that the body was whole. @throws ServiceError IncompleteBody */
  end(): void {
    const endedInTrailers = this.#state === "trailers" && this.#held.length === 0;
    if (this.#state !== "done" && !endedInTrailers) {
      throw incompleteBody("The request body terminated unexpectedly");
    }
    if (this.#expectedLength !== undefined && this.#expectedLength !== this.#decodedLength) {
      throw incompleteBody(
        "You did not provide the number of bytes specified by the x-amz-decoded-content-length header",
      );
    }
    this.#check?.end(this.#trailers);
  }

  #takeLine(line: string): void {
    if (this.#state === "size") {
      const size = SIZE_LINE.exec(line)?.[1];
      if (size === undefined) throw incompleteBody("The size of a chunk is malformed");
      this.#chunkLeft = Number.parseInt(size, 16);
      this.#signature = CHUNK_SIGNATURE.exec(line)?.[1];
      this.#state = this.#chunkLeft === 0 ? "trailers" : "data";
      if (this.#chunkLeft === 0) this.#check?.endChunk(this.#signature);
    } else if (this.#state === "data-end") {
      if (line !== "") throw incompleteBody("A chunk is longer than its size");
      this.#state = "size";
    } else if (line === "") {
      this.#state = "done";
    } else {
      const colon = line.indexOf(":");
      if (colon <= 0 || this.#trailers.size >= 32) throw incompleteBody("A trailer of the chunked body is malformed");
      this.#trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
  }
}

/** The decoder as a stream, for bodies that are not collected. */
export class AwsChunkedStream extends Transform {
  readonly #decoder: AwsChunkedDecoder;

  constructor(decoder: AwsChunkedDecoder) {
    super();
    this.#decoder = decoder;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      for (const part of this.#decoder.push(chunk)) this.push(part);
      done();
    } catch (error) {
      done(toError(error));
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#decoder.end();
      done();
    } catch (error) {
      done(toError(error));
    }
  }
}

function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
