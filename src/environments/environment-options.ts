/** What an environment is given by the pool that makes it, and tells it. */
import type { Clock, Log } from "../base/index.ts";
import type { KeptTmp } from "../sandbox/index.ts";
import type { ChannelInit, ChannelListener, RuntimeChannel } from "./channel.ts";
import type { Environment } from "./environment.ts";
import type { IdleFreezer } from "./idle-freezer.ts";
import type { WrittenReport } from "./invocation.ts";
import type { RuntimeProcess } from "./runtime-process.ts";
import type { ColdTimings, FunctionVersion, InitializationType, LogStream } from "./types.ts";

/** A process for one environment, and what the function needs to run in it. */
export interface Assigned extends ChannelInit {
  readonly process: RuntimeProcess;
  readonly channel: RuntimeChannel;
  readonly timings: Omit<ColdTimings, "initMs" | "interpreterMs">;
}

export interface EnvironmentOptions {
  readonly id: string;
  readonly version: FunctionVersion;
  readonly clock: Clock;
  readonly log: Log;
  readonly logStream: LogStream;
  readonly logStreamName: string;
  /** `nodejs:22.v14` */
  readonly runtimeVersion: string;
  /** Sentences about the interpreter that stands in for the right one. */
  readonly notice: string | undefined;
  readonly initializationType: InitializationType;
  /** Limit of the init ahead of the first invocation. */
  readonly initTimeoutMs: number;
  readonly freezer: IdleFreezer;
  /**
   * Finds or starts a process and attaches the function; events of it go to `listener`. `keptTmp` is the /tmp of the process
   * before, if there was one. Rejects when that fails.
   */
  assign(listener: ChannelListener, keptTmp: KeptTmp | undefined): Promise<Assigned>;
  /** REPORT was written; the facts are final now. */
  onReport(invocation: WrittenReport): void;
  /** The environment takes the next invocation: it is idle, or broken and will be initialised inside. */
  onFree(environment: Environment): void;
  /** The environment ends: it must not be used again. Called once. */
  onEnded(environment: Environment): void;
  /** Nothing of the environment is left. Called once, after onEnded. */
  onGone(environment: Environment): void;
}
