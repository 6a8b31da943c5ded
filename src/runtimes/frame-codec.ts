/**
 * The host's side of the framed channel: encodes frames, and takes them apart as bytes arrive. The other side is hostile
 * code, so every length is checked before anything is allocated or parsed, and the first violation ends the reader.
 * Knows the format of a frame (frames.ts), not what a message means for an environment.
 */
import { type FrameType, HEADER_BYTES_MAX, MAX_FRAME_BYTES } from "./frames.ts";

/** Header of a frame as it came: a JSON object whose members nobody has checked yet. */
export type FrameHeader = Readonly<Record<string, unknown>>;

export interface Frame {
  readonly type: number;
  readonly header: FrameHeader;
  readonly headerBytes: number;
  /** A view of the received bytes, not a copy; valid as long as it is held. */
  readonly body: Buffer;
}

/** The other side broke the format; the environment must end. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const LENGTH_BYTES = 4;
const FIXED_BYTES = 5;
/** Up to here a body is copied behind its header so that one buffer, and so one write, carries the frame. */
const INLINE_BODY_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** The buffers that make up one frame, to be written in one go: one buffer, or two when the body is large. */
export function encodeFrame(type: FrameType, header: object, body: Uint8Array = EMPTY): readonly Buffer[] {
  const headerText = JSON.stringify(header);
  const headerBytes = Buffer.byteLength(headerText);
  const inline = body.length <= INLINE_BODY_BYTES;
  const bodyStart = LENGTH_BYTES + FIXED_BYTES + headerBytes;
  const head = Buffer.allocUnsafe(inline ? bodyStart + body.length : bodyStart);
  head.writeUInt32BE(FIXED_BYTES + headerBytes + body.length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(headerBytes, 5);
  head.write(headerText, LENGTH_BYTES + FIXED_BYTES, "utf8");
  if (!inline) return [head, Buffer.from(body.buffer, body.byteOffset, body.length)];
  head.set(body, bodyStart);
  return [head];
}

/** Takes frames apart incrementally. Holds at most one incomplete frame of at most MAX_FRAME_BYTES. */
export class FrameReader {
  /** Bytes of the length field seen so far, while it is incomplete. */
  readonly #lengthField = Buffer.alloc(LENGTH_BYTES);
  #lengthFilled = 0;
  /** The frame under assembly, when it did not arrive in one chunk. */
  #partial: Buffer | undefined;
  #partialFilled = 0;

  /**
   * Calls `deliver` for every frame that `chunk` completes, in order. A body within one chunk is a view of that chunk.
   * Throws FrameError when the format is broken; the reader must not be used after that.
   */
  push(chunk: Buffer, deliver: (frame: Frame) => void): void {
    let position = 0;
    while (position < chunk.length) {
      if (this.#partial !== undefined) {
        const copied = chunk.copy(this.#partial, this.#partialFilled, position);
        position += copied;
        this.#partialFilled += copied;
        if (this.#partialFilled < this.#partial.length) return;
        const complete = this.#partial;
        this.#partial = undefined;
        deliver(parseFrame(complete));
        continue;
      }
      if (this.#lengthFilled > 0 || chunk.length - position < LENGTH_BYTES) {
        const copied = chunk.copy(this.#lengthField, this.#lengthFilled, position);
        position += copied;
        this.#lengthFilled += copied;
        if (this.#lengthFilled < LENGTH_BYTES) return;
        this.#lengthFilled = 0;
        this.#begin(checkedLength(this.#lengthField.readUInt32BE(0)));
        continue;
      }
      const length = checkedLength(chunk.readUInt32BE(position));
      const start = position + LENGTH_BYTES;
      if (chunk.length - start >= length) {
        position = start + length;
        deliver(parseFrame(chunk.subarray(start, position)));
      } else {
        position = start;
        this.#begin(length);
      }
    }
  }

  #begin(length: number): void {
    this.#partial = Buffer.allocUnsafe(length);
    this.#partialFilled = 0;
  }
}

function checkedLength(length: number): number {
  if (length < FIXED_BYTES) throw new FrameError(`a frame of ${length} bytes is too short to hold its own fields`);
  if (length > MAX_FRAME_BYTES) throw new FrameError(`a frame of ${length} bytes exceeds ${MAX_FRAME_BYTES}`);
  return length;
}

function parseFrame(frame: Buffer): Frame {
  const headerBytes = frame.readUInt32BE(1);
  if (headerBytes > HEADER_BYTES_MAX)
    throw new FrameError(`a header of ${headerBytes} bytes exceeds ${HEADER_BYTES_MAX}`);
  const headerEnd = FIXED_BYTES + headerBytes;
  if (headerEnd > frame.length) throw new FrameError("a frame's header is longer than the frame");
  return {
    type: frame.readUInt8(0),
    header: parseHeader(frame.toString("utf8", FIXED_BYTES, headerEnd)),
    headerBytes,
    body: frame.subarray(headerEnd),
  };
}

function parseHeader(text: string): FrameHeader {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new FrameError("a frame's header is not JSON", { cause });
  }
  if (!isObject(header)) throw new FrameError("a frame's header is not a JSON object");
  return header;
}

function isObject(value: unknown): value is FrameHeader {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
