/**
 * One meaning for both ways to talk with a runtime: the framed channel of Lambent's bootstraps and the HTTP Runtime API.
 * An environment sees only this. What is on the other side is hostile code, so a channel checks every request id: an
 * answer to another invocation, a late or a second one never becomes an event.
 */
import type { EntrypointFailure, ImageEntry, RuntimeMessage } from "../runtimes/index.ts";
import type { RegisteredExtension } from "./extensions-api.ts";
import type { Failure } from "./failure.ts";
import type { ShutdownReason } from "./lifecycle.ts";

export interface RuntimeChannel {
  /** Gives the waiting process its function. Called once. */
  init(init: ChannelInit): void;
  /** Called only after `initDone`, and again only after `free`. */
  invoke(invocation: ChannelInvocation): void;
  /** No event follows. */
  close(): void;
  /** Where somebody besides the runtime must hear of the end: resolves when they have. `terminate` sends the runtime SIGTERM. */
  shutdown?(reason: ShutdownReason, terminate: () => void): Promise<void>;
}

export interface ChannelInit {
  readonly handler: string;
  readonly taskRoot: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Maps a path that Lambda names to the one that is true in the sandbox. */
  readonly pathInside: (path: string) => string;
  /** For a framed process that waits as a stage: the command that it becomes first. */
  readonly lateArgs: readonly string[] | undefined;
  /** For the stage of a container image: the program that it becomes. */
  readonly entry: ImageEntry | undefined;
}

export interface ChannelInvocation {
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
  readonly invokedFunctionArn: string;
  readonly traceId: string;
  readonly clientContext: string | undefined;
  readonly tenantId: string | undefined;
  /** The caller takes the response as it comes, whether the runtime calls it streamed or not. */
  readonly streamed: boolean;
  readonly payload: Uint8Array;
}

export type ChannelEvent =
  | Exclude<RuntimeMessage, { readonly kind: "streamChunk" | "streamEnd" | "done" }>
  | Omit<Extract<RuntimeMessage, { readonly kind: "streamEnd" }>, "working">
  /** There is no program to run, or it cannot be; `message` is AWS's text without the request id. */
  | ({ readonly kind: "noEntrypoint" } & EntrypointFailure)
  /** The runtime answered this invocation with something that the service does not take. */
  | { readonly kind: "refused"; readonly requestId: string; readonly failure: Failure }
  /** Who runs beside the runtime, once that is known; `errorType` when one of them failed before. */
  | {
      readonly kind: "extensions";
      readonly extensions: readonly RegisteredExtension[];
      readonly errorType?: string;
    }
  /** An extension failed, and the environment's process with it; `message` is AWS's text without the request id. */
  | { readonly kind: "extensionFailed"; readonly errorType: string; readonly message: string }
  /** The runtime asks for the next invocation. */
  | { readonly kind: "free" }
  /** The other side broke the protocol: the environment must end. */
  | { readonly kind: "violation"; readonly reason: string }
  /** The other side hung up; its process ends now or must be ended. */
  | { readonly kind: "closed" };

export interface ChannelListener {
  event(event: ChannelEvent): void;
  /**
   * Bytes of the running invocation's streamed response. A returned promise, which never rejects, asks to wait with the
   * next. `refused`: nobody takes them, because the response has become too large or is over.
   */
  chunk(bytes: Uint8Array): Promise<void> | "refused" | undefined;
}
