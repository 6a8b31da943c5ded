/** How a server is configured, and what every builder of the composition root is given of it. */
import type { Activity } from "./activity.ts";
import type { Log, LogLevel } from "./base/index.ts";
import { quotasNamed } from "./lambda/index.ts";
import type { GivenKey } from "./root-credentials.ts";
import type { SandboxDriver } from "./sandbox/index.ts";
import type { AuthMode } from "./server-auth.ts";
import type { ServiceCredentials, ServiceEndpoints } from "./service-clients.ts";
import type { Store } from "./store/index.ts";

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
  /** Make sandboxes ahead of need; without, a start has all its work to do. */
  readonly spares: boolean;
  /** Ports of this machine's loopback that functions reach at their own localhost. */
  readonly exposePorts: readonly number[];
  /** Listen beyond loopback although nobody is authenticated. */
  readonly allowUnauthenticated: boolean;
  /** Who may do what. */
  readonly auth: AuthMode;
  /** The root key of the default account, instead of the one in the data folder. */
  readonly rootKey: GivenKey | undefined;
  readonly logLevel: LogLevel;
  /** Concurrent executions per account and region. AWS: 1,000. */
  readonly accountConcurrency: number;
  /** Quotas of Lambda other than AWS's, as the command line names them. */
  readonly quotas: Readonly<Record<string, number>>;
  /** Scheme, domain and port of function URLs, `https://fn.example.com`; undefined: the server's own. */
  readonly functionUrlBase: string | undefined;
  /** Folders that stand for access points of file systems, by ARN; the others are in the data folder. */
  readonly fileSystems: ReadonlyMap<string, string>;
  /** Folders from which container images may be read: layouts and archives. */
  readonly imageFolders: readonly string[];
  /** Hosts of registries from which container images may be pulled. */
  readonly imageRegistries: readonly string[];
  /** Services of AWS that are elsewhere, for what Lambda sends to them. */
  readonly serviceEndpoints: ServiceEndpoints;
  /** What requests to them are signed with; without it, credentials of this server that they may take or not look at. */
  readonly serviceCredentials?: ServiceCredentials;
}

/** What every builder needs. */
export interface ServerBase {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly store: Store;
  readonly driver: SandboxDriver;
  readonly activity: Activity;
  /** Known once the server listens. */
  readonly address: { url: string };
}

export function quotasOf({ quotas, accountConcurrency }: ServerConfig): ReturnType<typeof quotasNamed> {
  return { concurrentExecutions: accountConcurrency, ...quotasNamed(quotas) };
}
