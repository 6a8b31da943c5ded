/**
 * The composition root: configuration in, every room wired, a listening server out. The only file that knows all rooms;
 * it hands clock, randomness, folders and limits down and holds no state of its own.
 */
import type { LogLevel } from "./base/index.ts";
import type { Isolation } from "./sandbox/index.ts";

/** Compiled configuration: every default applied, every value checked. */
export interface ServerConfig {
  /** 0 chooses a free port. */
  readonly port: number;
  readonly host: string;
  readonly dataFolder: string;
  /** `auto`, `process`, `oci`, or an OCI runtime by name or path (`crun`, `runc`, `runsc`, `kata-runtime`). */
  readonly driver: string;
  /** Refuse a runtime whose exact version is not on this machine instead of using the nearest one. */
  readonly strictRuntimes: boolean;
  /** Ports of this machine's loopback that functions reach at their own localhost. */
  readonly exposePorts: readonly number[];
  /** Listen beyond loopback although nobody is authenticated. */
  readonly allowUnauthenticated: boolean;
  readonly logLevel: LogLevel;
  /** Concurrent executions per account and region. AWS: 1,000. */
  readonly accountConcurrency: number;
}

export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** `http://localhost:4566` */
  readonly url: string;
  readonly isolation: Isolation;
  /** Milliseconds from the start of the process to the first accepted connection. */
  readonly readyMs: number;
}
