/**
 * Language runtimes: which there are, how their interpreters and SDKs are found, what runs inside a sandbox and which
 * channel it speaks. The frames of that channel and the line of a late start belong here too.
 */
export { type ExtensionExit, extensionsLine, readExtensionExits } from "./extension-line.ts";
export { encodeFrame, type Frame, FrameError, type FrameHeader, FrameReader } from "./frame-codec.ts";
export { FrameType } from "./frames.ts";
export { encodeEntry, type ImageEntry } from "./image/entry-line.ts";
export type { Progress, ProgressStep } from "./interpreters/progress.ts";
export { type LanguageSurvey, surveyInterpreters } from "./interpreters/survey.ts";
export { type EntrypointFailure, encodeStart, readEntrypointFailure } from "./provided/start-line.ts";
export type { Interpreter, Launch, PreparedSdk, Runtime } from "./runtime.ts";
export { type RuntimeMessage, readRuntimeMessage } from "./runtime-message.ts";
export { createRuntimes, type Runtimes, type RuntimesOptions } from "./runtimes.ts";
export { execLine } from "./stage.ts";
