/**
 * A framed runtime as a plain child process with its channel on file descriptor 3: what tests and benches talk to. No
 * sandbox, no environment: only the protocol.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { encodeFrame, FrameReader } from "../frame-codec.ts";
import { FrameType } from "../frames.ts";
import { type RuntimeMessage, readRuntimeMessage } from "../runtime-message.ts";

export interface ProcessStart {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface InvokeOptions {
  readonly requestId?: string;
  readonly clientContext?: string;
  readonly deadlineMs?: number;
}

type Kind = RuntimeMessage["kind"];
type Of<K extends Kind> = Extract<RuntimeMessage, { kind: K }>;

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:telling-name";

export class RuntimeProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  /** Log events in order of arrival. */
  readonly logs: { readonly text: string; readonly level: string | undefined; readonly json: boolean }[] = [];
  /** Everything that came on standard output and standard error. */
  stdout = "";
  stderr = "";
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  readonly #channel: Duplex;
  readonly #inbox: RuntimeMessage[] = [];
  #wake: (() => void) | undefined;
  #over = false;
  /** Why the channel was closed from this side. */
  #violation: unknown;

  constructor({ args, env, cwd }: ProcessStart) {
    const [program = "", ...rest] = args;
    this.child = spawn(program, rest, { env, cwd, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const channel = this.child.stdio[3];
    if (!(channel instanceof Duplex)) throw new Error("the child has no channel on file descriptor 3");
    this.#channel = channel;
    const reader = new FrameReader();
    channel.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk, (frame) => this.#take(readRuntimeMessage(frame)));
      } catch (error) {
        this.#violation = error;
        channel.destroy();
      }
    });
    // A process that dies while it is written to breaks the channel; its exit tells the story.
    channel.on("error", () => this.#close());
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.exited = once(this.child, "close").then(([code, signal]) => {
      this.#close();
      return code ?? signal;
    });
  }

  /** The next message that is no log event; it must be of `kind`. Rejects when the process has ended. */
  async next<K extends Kind>(kind: K): Promise<Of<K>> {
    while (this.#inbox.length === 0) {
      if (this.#violation !== undefined) throw this.#violation;
      if (this.#over) throw new Error(`the process ended while waiting for ${kind}; stderr: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const message = this.#inbox.shift();
    if (message === undefined || !isOf(message, kind)) {
      const body = message !== undefined && "body" in message ? message.body.toString() : "";
      throw new Error(`expected ${kind}, got ${message?.kind} ${body}`);
    }
    return message;
  }

  /** Sends INIT with the variables that every environment has, and `variables` over them. */
  init(handler: string, taskRoot: string, variables: Readonly<Record<string, string>>): void {
    const complete = { ...environmentVariables(handler, taskRoot), ...variables };
    this.write(encodeFrame(FrameType.init, { handler, taskRoot, variables: complete }));
  }

  /** Sends INVOKE with `event` as JSON, or verbatim when it is bytes. Returns the request id. */
  invoke(event: unknown, options: InvokeOptions = {}): string {
    const requestId = options.requestId ?? crypto.randomUUID();
    const header = {
      requestId,
      deadlineMs: options.deadlineMs ?? Date.now() + 3000,
      invokedFunctionArn: ARN,
      traceId: "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
      ...(options.clientContext === undefined ? {} : { clientContext: options.clientContext }),
    };
    const body = event instanceof Uint8Array ? event : Buffer.from(JSON.stringify(event));
    this.write(encodeFrame(FrameType.invoke, header, body));
    return requestId;
  }

  write(buffers: readonly Buffer[]): void {
    this.#channel.cork();
    for (const buffer of buffers) this.#channel.write(buffer);
    this.#channel.uncork();
  }

  /** Closes the channel, as a host that was killed does. */
  hangUp(): void {
    this.#channel.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  #take(message: RuntimeMessage): void {
    if (message.kind === "log") {
      this.logs.push({ text: message.body.toString(), level: message.level, json: message.json });
      return;
    }
    this.#inbox.push(message);
    this.#wake?.();
  }

  #close(): void {
    this.#over = true;
    this.#wake?.();
  }
}

function isOf<K extends Kind>(message: RuntimeMessage, kind: K): message is Of<K> {
  return message.kind === kind;
}

function environmentVariables(handler: string, taskRoot: string): Record<string, string> {
  return {
    _HANDLER: handler,
    LAMBDA_TASK_ROOT: taskRoot,
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    AWS_LAMBDA_FUNCTION_NAME: "telling-name",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/telling-name",
    AWS_LAMBDA_LOG_STREAM_NAME: "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
    AWS_REGION: "us-east-1",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
  };
}
