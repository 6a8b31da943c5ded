export { FrameType, MAX_FRAME_BYTES } from "./frames.ts";
export type { Interpreter, Launch, Runtime } from "./runtime.ts";
