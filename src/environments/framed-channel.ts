/**
 * The framed side of RuntimeChannel (see runtimes/frames.ts for the format): one write per invocation, payloads passed
 * through untouched. Knows frames, not environments.
 */
import type { Duplex } from "node:stream";
import type { Clock } from "../base/index.ts";
import {
  encodeFrame,
  execLine,
  FrameError,
  FrameReader,
  FrameType,
  type RuntimeMessage,
  readRuntimeMessage,
} from "../runtimes/index.ts";
import { Brake } from "./brake.ts";
import type { ChannelInit, ChannelInvocation, ChannelListener, RuntimeChannel } from "./channel.ts";
import { OutputWindow } from "./output-window.ts";

export class FramedChannel implements RuntimeChannel {
  readonly #stream: Duplex;
  readonly #listener: ChannelListener;
  readonly #brake: Brake;
  readonly #window: OutputWindow;
  readonly #reader = new FrameReader();
  #heldInit: readonly Buffer[] | undefined;
  #requestId: string | undefined;
  /** The invocation whose response has ended while its handler works on. */
  #workingOn: string | undefined;
  #closed = false;

  constructor(stream: Duplex, listener: ChannelListener, clock: Clock) {
    this.#stream = stream;
    this.#brake = new Brake(stream);
    this.#window = new OutputWindow(clock);
    this.#listener = listener;
    stream.on("data", (chunk: Buffer) => this.#read(chunk));
    stream.on("close", () => this.#hangUp());
    stream.on("end", () => this.#hangUp());
    // A broken pipe is how a killed process looks from here; "close" follows and says so.
    stream.on("error", () => this.#hangUp());
  }

  init(init: ChannelInit): void {
    const { handler, taskRoot, variables, lateArgs } = init;
    if (lateArgs === undefined) {
      this.#write(encodeFrame(FrameType.init, { handler, taskRoot, variables }));
      return;
    }
    // The stage may read ahead, so nothing may follow its line before the bootstrap it becomes says that it is up.
    this.#heldInit = encodeFrame(FrameType.init, { handler, taskRoot });
    this.#write([Buffer.from(execLine(lateArgs, variables))]);
  }

  invoke(invocation: ChannelInvocation): void {
    this.#requestId = invocation.requestId;
    const { requestId, deadlineMs, invokedFunctionArn, traceId, clientContext, tenantId, payload } = invocation;
    const header = { requestId, deadlineMs, invokedFunctionArn, traceId, clientContext, tenantId };
    this.#write(encodeFrame(FrameType.invoke, header, payload));
  }

  close(): void {
    this.#closed = true;
  }

  #write(buffers: readonly Buffer[]): void {
    if (!this.#stream.writable) return;
    const [only] = buffers;
    if (buffers.length === 1 && only !== undefined) {
      this.#stream.write(only);
      return;
    }
    this.#stream.cork();
    for (const buffer of buffers) this.#stream.write(buffer);
    this.#stream.uncork();
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    let bytes = 0;
    let frames = 0;
    this.#window.enter();
    try {
      this.#reader.push(chunk, (frame) => {
        if (this.#closed) return;
        const message = readRuntimeMessage(frame);
        const answers = this.#deliver(message);
        // Answers have bounds of their own; everything else can be sent without end.
        frames += 1;
        bytes += frame.headerBytes + (answers ? 0 : frame.body.length);
      });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#closed = true;
      this.#listener.event({ kind: "violation", reason: error.message });
    }
    const wait = this.#window.spend(bytes, frames);
    if (wait !== undefined) this.#brake.holdUntil(wait);
  }

  /** True when the message is (a part of) the answer that is due. */
  #deliver(message: RuntimeMessage): boolean {
    if (message.kind === "done") {
      if (message.requestId === this.#workingOn) this.#free();
      return false;
    }
    if ("requestId" in message && message.requestId !== this.#requestId) return false;
    if (message.kind === "waiting" && this.#heldInit !== undefined) {
      this.#write(this.#heldInit);
      this.#heldInit = undefined;
    }
    if (message.kind === "streamChunk") {
      const busy = this.#listener.chunk(message.body);
      if (busy === "refused") return false;
      if (busy !== undefined) this.#brake.holdUntil(busy);
      return true;
    }
    const answers = message.kind === "response" || message.kind === "error" || message.kind === "streamEnd";
    if (answers) this.#requestId = undefined;
    this.#listener.event(message);
    if (message.kind === "streamEnd" && message.working) this.#workingOn = message.requestId;
    else if (answers) this.#free();
    return answers;
  }

  #free(): void {
    this.#workingOn = undefined;
    this.#listener.event({ kind: "free" });
  }

  #hangUp(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.event({ kind: "closed" });
  }
}
