/**
 * Reading a request's body: collected up to a limit, or as a stream for operations that take one. Undoes aws-chunked and
 * gzip, which are transport here and not content. A body over its limit is answered 413 and the rest thrown away, so the
 * client reads the answer instead of a reset connection.
 */
import type { IncomingHttpHeaders } from "node:http";
import { pipeline, type Readable, Transform, type TransformCallback } from "node:stream";
import { gunzip } from "node:zlib";
import { CollectedBytes, collectGarbage } from "../../base/index.ts";
import type { BodyCheck } from "../gate.ts";
import type { HttpRequest } from "../http-types.ts";
import type { WireLimits } from "../limits.ts";
import { type ServiceError, serializationError } from "../service-error.ts";
import { AwsChunkedDecoder, AwsChunkedStream } from "./aws-chunked.ts";

const EMPTY: Buffer = Buffer.alloc(0);
/** From this size on it matters that a body is not copied. */
const PREPARED_BYTES_MIN = 1024 * 1024;
/** What the network has brought in pieces and was copied; V8 would not miss the memory before it is several times that. */
const PIECES_BYTES_MAX = 4 * 1024 * 1024;

/** The client went away before its request was complete; nobody is left to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

export function isAwsChunked(request: HttpRequest): boolean {
  const { headers } = request;
  const hash = headers["x-amz-content-sha256"];
  if (typeof hash === "string" && hash.startsWith("STREAMING-")) return true;
  return headers["content-encoding"]?.includes("aws-chunked") === true;
}

/** The headers as they are without aws-chunked: what handlers see is the content's own length and coding. */
export function contentHeaders(request: HttpRequest): IncomingHttpHeaders {
  if (!isAwsChunked(request)) return request.headers;
  const length = decodedLength(request);
  const codings = (request.headers["content-encoding"] ?? "").split(",").map((coding) => coding.trim());
  const { "content-length": _length, "content-encoding": _coding, ...headers } = request.headers;
  const rest = codings.filter((coding) => coding !== "" && coding !== "aws-chunked").join(",");
  return {
    ...headers,
    ...(length !== undefined && { "content-length": String(length) }),
    ...(rest !== "" && { "content-encoding": rest }),
  };
}

/** The whole body. @throws ServiceError from `tooLarge`, IncompleteBody, SerializationException; ClientGone */
export function readBody(
  request: HttpRequest,
  bytesMax: number,
  limits: WireLimits,
  tooLarge: () => ServiceError,
  check?: BodyCheck,
): Promise<Buffer> {
  const chunked = isAwsChunked(request);
  if (!chunked && !hasGzip(request) && check === undefined) return collectBody(request, bytesMax, limits, tooLarge);
  return readCoded(request, chunked, bytesMax, limits, tooLarge, check);
}

async function readCoded(
  request: HttpRequest,
  chunked: boolean,
  bytesMax: number,
  limits: WireLimits,
  tooLarge: () => ServiceError,
  check: BodyCheck | undefined,
): Promise<Buffer> {
  // Signatures and chunk sizes come on top of the content; what counts is the content.
  const raw = await collectBody(
    request,
    chunked ? bytesMax * 2 + limits.chunkLineBytesMax : bytesMax,
    limits,
    tooLarge,
  );
  check?.plain?.push(raw);
  check?.plain?.end();
  const decoded = chunked ? decodeChunked(request, raw, limits, check) : raw;
  const body = hasGzip(request) ? await unzip(decoded, bytesMax, tooLarge) : decoded;
  if (body.length > bytesMax) throw tooLarge();
  return body;
}

/** The body as a stream. Errors of the coding appear as errors of the stream. */
export function streamBody(request: HttpRequest, limits: WireLimits, check?: BodyCheck): Readable {
  const plain = check?.plain;
  const checked = plain === undefined ? request : piped(request, new CheckedStream(plain));
  if (!isAwsChunked(request)) return checked;
  const decoder = new AwsChunkedDecoder(limits.chunkLineBytesMax, decodedLength(request), check?.chunked);
  return piped(checked, new AwsChunkedStream(decoder));
}

function piped(from: Readable, into: Transform): Readable {
  return pipeline(from, into, () => {
    // The error, if any, has been given to `into`, whose reader is the one to see it.
  });
}

/** A body as it came, whose end is an error when it is not the body that was signed. */
class CheckedStream extends Transform {
  readonly #check: NonNullable<BodyCheck["plain"]>;

  constructor(check: NonNullable<BodyCheck["plain"]>) {
    super();
    this.#check = check;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#check.push(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#check.end();
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** The bytes as they came, in whatever coding. @throws what `tooLarge` makes; ClientGone */
export async function collectBody(
  request: HttpRequest,
  bytesMax: number,
  limits: Pick<WireLimits, "drainBytesMax">,
  tooLarge: () => Error,
): Promise<Buffer> {
  const announced = Number(request.headers["content-length"]);
  if (announced === 0) return EMPTY;
  if (announced > bytesMax) {
    drain(request, limits.drainBytesMax);
    throw tooLarge();
  }
  // A short request comes in one piece, and its parser stands behind the head only: in a moment the body is there whole.
  await undefined;
  if (request.readableLength === announced) {
    const whole: unknown = request.read();
    // Its end, which carries nothing, is not waited for, but must not lie in wait either.
    request.resume();
    if (Buffer.isBuffer(whole)) return whole;
  }
  const body = announced >= PREPARED_BYTES_MIN ? new PreparedBytes(announced) : new CollectedBytes();
  return collectPieces(request, body, bytesMax, limits, tooLarge);
}

/** A body in the one buffer that its announced length asks for, so that it is never held twice. */
class PreparedBytes {
  readonly #buffer: Buffer;
  length = 0;
  #collectedAt = 0;

  /** The kernel gives memory as it is filled: a client that announces much and sends nothing costs nothing. */
  constructor(announced: number) {
    this.#buffer = Buffer.allocUnsafeSlow(announced);
  }

  push(piece: Buffer): void {
    if (this.length + piece.length <= this.#buffer.length) this.#buffer.set(piece, this.length);
    this.length += piece.length;
    if (this.length - this.#collectedAt < PIECES_BYTES_MAX) return;
    this.#collectedAt = this.length;
    collectGarbage("young");
  }

  take(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }
}

function collectPieces(
  request: HttpRequest,
  body: Pick<CollectedBytes, "length" | "push" | "take">,
  bytesMax: number,
  limits: Pick<WireLimits, "drainBytesMax">,
  tooLarge: () => Error,
): Promise<Buffer> {
  // Nobody would tell of what has happened already.
  if (request.destroyed) return Promise.reject(new ClientGone("the request ended early"));
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      body.push(chunk);
      if (body.length <= bytesMax) return;
      stop();
      drain(request, limits.drainBytesMax);
      reject(tooLarge());
    };
    const onEnd = (): void => {
      stop();
      resolve(body.take());
    };
    const onGone = (cause?: unknown): void => {
      stop();
      reject(new ClientGone("the request ended early", { cause }));
    };
    const stop = (): void => {
      request.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
    };
    request.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
  });
}

/** Reads on and forgets, up to a bound; then hangs up. */
export function drain(request: HttpRequest, bytesMax: number): void {
  let left = bytesMax;
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}

function decodeChunked(request: HttpRequest, raw: Buffer, limits: WireLimits, check: BodyCheck | undefined): Buffer {
  const decoder = new AwsChunkedDecoder(limits.chunkLineBytesMax, decodedLength(request), check?.chunked);
  const parts = decoder.push(raw);
  decoder.end();
  return Buffer.concat(parts);
}

function decodedLength(request: HttpRequest): number | undefined {
  const text = request.headers["x-amz-decoded-content-length"];
  return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function hasGzip(request: HttpRequest): boolean {
  return request.headers["content-encoding"]?.split(",").some((coding) => coding.trim() === "gzip") === true;
}

function unzip(bytes: Buffer, bytesMax: number, tooLarge: () => ServiceError): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: bytesMax }, (error, result) => {
      if (!error) resolve(result);
      else if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") reject(tooLarge());
      else reject(serializationError("The gzip-encoded body is malformed", error));
    });
  });
}
