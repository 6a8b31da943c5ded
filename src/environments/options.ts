/** What the composition root gives this room, and what a configuration may change of its limits. */
import type { Server } from "node:net";
import type { Clock, Log, Random } from "../base/index.ts";
import type { Runtimes } from "../runtimes/index.ts";
import type { SandboxDriver } from "../sandbox/index.ts";
import type { WrittenReport } from "./invocation.ts";
import type {
  CodeFolders,
  CredentialsProvider,
  FileSystems,
  FunctionVersion,
  LogSink,
  VariablesOpener,
} from "./types.ts";

export interface EnvironmentsOptions {
  readonly driver: SandboxDriver;
  readonly runtimes: Pick<Runtimes, "get">;
  readonly codeFolders: CodeFolders;
  /** Default: a function with a file system cannot start. */
  readonly fileSystems?: FileSystems;
  readonly logs: LogSink;
  readonly credentials: CredentialsProvider;
  /** Default: a function whose variables are sealed cannot start. */
  readonly openVariables?: VariablesOpener;
  /** A new server of Lambent's own API, not listening yet; one per sandbox that has a loopback of its own. */
  readonly endpointServer: () => Server;
  /** The URL of Lambent's API, the same inside and outside, for example `http://localhost:4566`. */
  readonly endpointUrl: string;
  /** Ports of this machine's loopback that functions reach at their own. */
  readonly exposePorts: readonly number[];
  /** Refuse a runtime whose exact interpreter version is not there. */
  readonly strictRuntimes: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called when a function will be invoked soon and its code is ready: what every invocation needs may be prepared. */
  readonly onExpected?: () => void;
  /** Called after REPORT was written, with final figures. Must not throw. */
  readonly onReport?: (version: FunctionVersion, invocation: ReportedInvocation) => void;
  readonly settings?: EnvironmentSettings;
}

/** The facts of one REPORT line, for metrics and cost. */
export interface ReportedInvocation extends WrittenReport {
  readonly environmentId: string;
}

/** What a configuration may change; defaults are in limits.ts. */
export interface EnvironmentSettings {
  /** An idle environment ends after this long. */
  readonly idleMs?: number;
  /** An environment is replaced at this age, however busy. */
  readonly ageMaxMs?: number;
  /** Limit of init before it is tried again inside the first invocation. */
  readonly initTimeoutMs?: number;
  /** An environment that was idle for this long is frozen. */
  readonly freezeAfterMs?: number;
  /** Sandboxes made ahead per runtime and memory class; 0 for none, and for no environment made ahead either. */
  readonly sparesPerRuntimeMax?: number;
  /** A runtime without use for this long has no spares. */
  readonly spareIdleMs?: number;
  /** Memory that functions may still take, MiB; by default what the operating system says. */
  readonly availableMemoryMb?: () => number;
  /** How long an invocation waits for memory. */
  readonly memoryWaitMs?: number;
}
