/**
 * A runtime's channel with extensions beside it: it starts them before the runtime, tells them of each invocation, and calls
 * the runtime ready or free only when they are too. An environment sees a channel like any other. It knows no sandbox.
 *
 * Order, as on the service: all external extensions register, then the runtime starts, then everybody has asked for the
 * next event and init is over.
 */
import type { Duplex } from "node:stream";
import type { Clock, Random } from "../base/index.ts";
import { extensionsLine } from "../runtimes/index.ts";
import type { ChannelEvent, ChannelInit, ChannelInvocation, ChannelListener, RuntimeChannel } from "./channel.ts";
import { ExtensionsApi } from "./extensions-api.ts";
import type { ShutdownReason } from "./lifecycle.ts";
import { EXTENSIONS_MAX, SHUTDOWN_EXTERNAL_MS, SHUTDOWN_INTERNAL_MS, SHUTDOWN_RUNTIME_MS } from "./limits.ts";
import type { FunctionVersion } from "./types.ts";

export interface ExtendedChannelOptions {
  readonly version: FunctionVersion;
  readonly clock: Clock;
  readonly random: Random;
  readonly listener: ChannelListener;
  /** Names of the files of /opt/extensions, in the order of their start. */
  readonly external: readonly string[];
  /** The channel of the waiting process, which starts them. */
  readonly stage: Duplex;
  readonly framed: boolean;
}

type Phase = "registering" | "runtime" | "ready" | "shutdown";

/** What an extension's environment lacks beside all names that begin with an underscore. */
const NOT_FOR_EXTENSIONS: ReadonlySet<string> = new Set([
  "AWS_XRAY_CONTEXT_MISSING",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
]);
const NOT_STARTED = [126, 127];

export class ExtendedChannel implements RuntimeChannel {
  readonly api: ExtensionsApi;
  readonly #options: ExtendedChannelOptions;
  #inner: RuntimeChannel | undefined;
  #init: ChannelInit | undefined;
  #phase: Phase = "registering";
  #runtimeReady = false;
  #runtimeFree = false;
  readonly #exited = new Set<number>();
  /** Ends the wait that is part of the shutdown. */
  #done: (() => void) | undefined;

  constructor(options: ExtendedChannelOptions) {
    this.#options = options;
    const { external, version, random } = options;
    this.api = new ExtensionsApi(external, {
      version,
      random,
      onChange: () => this.#advance(),
      onFailure: (_name, errorType, reason) => this.#fail(errorType, reason),
    });
  }

  /** What the runtime's own channel is to report to. */
  get inside(): ChannelListener {
    return { event: (event) => this.#receive(event), chunk: (bytes) => this.#options.listener.chunk(bytes) };
  }

  /** Puts it around the runtime's own channel. Called once, before `init`. */
  around(inner: RuntimeChannel): this {
    this.#inner = inner;
    return this;
  }

  init(init: ChannelInit): void {
    this.#init = init;
    const { external, stage, framed } = this.#options;
    if (external.length > EXTENSIONS_MAX) {
      this.#fail("Extension.LaunchError", `Extension limit (${EXTENSIONS_MAX}) reached`);
      return;
    }
    if (external.length > 0) {
      const variables = extensionVariables(init.variables);
      const programs = external.map((name) => ({ path: init.pathInside(`/opt/extensions/${name}`), variables }));
      if (stage.writable) stage.write(extensionsLine(programs, framed ? "frame" : "text"));
    }
    this.#advance();
  }

  invoke(invocation: ChannelInvocation): void {
    this.#runtimeFree = false;
    const { deadlineMs, requestId, invokedFunctionArn, traceId } = invocation;
    const tracing = { type: "X-Amzn-Trace-Id", value: traceId };
    this.api.send({ eventType: "INVOKE", deadlineMs, requestId, invokedFunctionArn, tracing });
    this.#inner?.invoke(invocation);
  }

  close(): void {
    this.#phase = "shutdown";
    this.#done?.();
    this.#inner?.close();
  }

  /**
   * Tells the extensions of the end and waits for them, as long as AWS does; `terminate` asks the runtime to end. Without
   * any extension there is nothing to wait for.
   */
  async shutdown(reason: ShutdownReason, terminate: () => void): Promise<void> {
    const registered = this.api.registered.filter(({ state }) => state !== "Started");
    if (this.#phase === "shutdown" || registered.length === 0) return;
    this.#phase = "shutdown";
    const { clock } = this.#options;
    const spindown = reason === "spindown";
    const budgetMs = this.api.hasExternal ? SHUTDOWN_EXTERNAL_MS : SHUTDOWN_INTERNAL_MS;
    const deadlineMs = Math.floor(clock.now() + budgetMs);
    const heard = this.api.send({ eventType: "SHUTDOWN", deadlineMs, shutdownReason: reason });
    if (heard && !this.#allExited) await this.#doneWithin(spindown ? budgetMs - SHUTDOWN_RUNTIME_MS : budgetMs);
    if (!spindown) return;
    // Last, for the runtime's process carries the sandbox: with it everything ends.
    terminate();
    await this.#doneWithin(SHUTDOWN_RUNTIME_MS);
  }

  get #allExited(): boolean {
    return this.#exited.size === this.#options.external.length;
  }

  async #doneWithin(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#done = resolve;
    using _late = this.#options.clock.schedule(limitMs, resolve);
    await promise;
  }

  #receive(event: ChannelEvent): void {
    switch (event.kind) {
      case "initDone":
        this.#runtimeReady = true;
        this.api.closeRegistration();
        this.#advance();
        return;
      case "free":
        this.#runtimeFree = true;
        this.#advance();
        return;
      case "extensionExit":
        this.#extensionExited(event.index, event.status);
        return;
      case "closed":
        // The runtime is gone: nobody waits for it any more.
        if (this.#phase === "shutdown") this.#done?.();
        this.#options.listener.event(event);
        return;
      default:
        this.#options.listener.event(event);
    }
  }

  #advance(): void {
    const { listener } = this.#options;
    if (this.#phase === "registering" && this.#init !== undefined && this.api.externalsRegistered) {
      this.#phase = "runtime";
      this.#inner?.init(this.#init);
    }
    if (this.#phase === "runtime" && this.#runtimeReady && this.api.allReady) {
      this.#phase = "ready";
      listener.event({ kind: "extensions", extensions: this.api.registered });
      listener.event({ kind: "initDone" });
    }
    if (this.#phase === "ready" && this.#runtimeFree && this.api.subscribersReady) {
      this.#runtimeFree = false;
      listener.event({ kind: "free" });
    }
  }

  #extensionExited(index: number, status: number): void {
    const name = this.#options.external[index];
    if (name === undefined) return;
    this.#exited.add(index);
    if (this.#phase === "shutdown") {
      if (this.#allExited) this.#done?.();
      return;
    }
    const isNotStarted = this.#phase === "registering" && NOT_STARTED.includes(status);
    if (isNotStarted) {
      const reason = status === 126 ? "permission denied" : "no such file or directory";
      this.#fail("Extension.LaunchError", `fork/exec /opt/extensions/${name}: ${reason}`);
    } else this.#fail("Extension.Crash", status === 0 ? "exit code 0" : `exit status ${status}`);
  }

  #fail(errorType: string, message: string): void {
    if (this.#phase === "shutdown") return;
    if (this.#phase !== "ready")
      this.#options.listener.event({ kind: "extensions", extensions: this.api.registered, errorType });
    this.#options.listener.event({ kind: "extensionFailed", errorType, message });
  }
}

function extensionVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => !name.startsWith("_") && !NOT_FOR_EXTENSIONS.has(name)),
  );
}
