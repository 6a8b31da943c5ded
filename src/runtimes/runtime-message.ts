/**
 * What a framed runtime can say, typed. The header of every frame is checked here, once; whoever holds a RuntimeMessage
 * need not check again. A frame that is none of these breaks the protocol and ends the environment.
 */
import type { ExtensionExit } from "./extension-line.ts";
import { type Frame, FrameError } from "./frame-codec.ts";
import { FrameType } from "./frames.ts";

export type RuntimeMessage =
  | { readonly kind: "waiting" }
  | { readonly kind: "initDone" }
  | { readonly kind: "initError"; readonly errorType: string; readonly body: Buffer }
  | {
      readonly kind: "response";
      readonly requestId: string;
      readonly contentType: string | undefined;
      readonly body: Buffer;
    }
  | { readonly kind: "error"; readonly requestId: string; readonly errorType: string; readonly body: Buffer }
  | { readonly kind: "streamStart"; readonly requestId: string; readonly contentType: string }
  | { readonly kind: "streamChunk"; readonly requestId: string; readonly body: Buffer }
  | {
      readonly kind: "streamEnd";
      readonly requestId: string;
      readonly errorType: string | undefined;
      /** AWS's error JSON. */
      readonly errorBody: string | undefined;
      /** The handler has not returned yet: `done` will follow. */
      readonly working: boolean;
    }
  | { readonly kind: "done"; readonly requestId: string }
  | {
      readonly kind: "log";
      readonly timeMs: number;
      /** TRACE, DEBUG, INFO, WARN, ERROR or FATAL; undefined where the runtime does not know. */
      readonly level: string | undefined;
      /** The text is one JSON object (LogFormat JSON). */
      readonly json: boolean;
      readonly body: Buffer;
    }
  | ({ readonly kind: "extensionExit" } & ExtensionExit);

/** Reads one frame of a runtime. Throws FrameError for an unknown type or a wrong member. */
export function readRuntimeMessage({ type, header, body }: Frame): RuntimeMessage {
  switch (type) {
    case FrameType.waiting:
      return { kind: "waiting" };
    case FrameType.initDone:
      return { kind: "initDone" };
    case FrameType.initError:
      return { kind: "initError", errorType: text(header["errorType"], "errorType"), body };
    case FrameType.response:
      return {
        kind: "response",
        requestId: text(header["requestId"], "requestId"),
        contentType: optionalText(header["contentType"], "contentType"),
        body,
      };
    case FrameType.error:
      return {
        kind: "error",
        requestId: text(header["requestId"], "requestId"),
        errorType: text(header["errorType"], "errorType"),
        body,
      };
    case FrameType.streamStart:
      return {
        kind: "streamStart",
        requestId: text(header["requestId"], "requestId"),
        contentType: text(header["contentType"], "contentType"),
      };
    case FrameType.streamChunk:
      return { kind: "streamChunk", requestId: text(header["requestId"], "requestId"), body };
    case FrameType.streamEnd:
      return {
        kind: "streamEnd",
        requestId: text(header["requestId"], "requestId"),
        errorType: optionalText(header["errorType"], "errorType"),
        errorBody: optionalText(header["errorBody"], "errorBody"),
        working: header["working"] === true,
      };
    case FrameType.done:
      return { kind: "done", requestId: text(header["requestId"], "requestId") };
    case FrameType.log:
      return {
        kind: "log",
        timeMs: number(header["timeMs"], "timeMs"),
        level: optionalText(header["level"], "level"),
        json: header["json"] === true,
        body,
      };
    case FrameType.extensionExit:
      return {
        kind: "extensionExit",
        index: number(header["index"], "index"),
        status: number(header["status"], "status"),
      };
    default:
      throw new FrameError(`a frame of type ${type} is not one that a runtime may send`);
  }
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw new FrameError(`a frame's ${name} is not a string`);
  return value;
}

function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : text(value, name);
}

function number(value: unknown, name: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new FrameError(`a frame's ${name} is not a number`);
  return value;
}
