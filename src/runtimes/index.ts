export { encodeFrame, type Frame, FrameError, type FrameHeader, FrameReader } from "./frame-codec.ts";
export { FrameType, MAX_FRAME_BYTES } from "./frames.ts";
export type { Interpreter, Launch, Runtime } from "./runtime.ts";
export { type RuntimeMessage, readRuntimeMessage } from "./runtime-message.ts";
