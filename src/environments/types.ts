/**
 * The contract between the invoke router and execution environments, and the snapshot of a function version that both
 * hold. An environment does not know who asked; the router does not know what a sandbox is.
 */

/** One deployed function version, immutable: a change of code or configuration makes a new snapshot with a new revision. */
export interface FunctionVersion {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
  readonly functionName: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  /** Unqualified function ARN. */
  readonly functionArn: string;
  /** Changes with every change of code or configuration; environments of another revision are replaced. */
  readonly revisionId: string;
  readonly runtime: string;
  /** As the API shows it. */
  readonly runtimeVersionArn: string;
  readonly handler: string;
  readonly architecture: "x86_64" | "arm64";
  readonly code: CodeSource;
  /** Layers in the order given; later ones win. */
  readonly layers: readonly { readonly arn: string; readonly sha256: string }[];
  readonly variables: Readonly<Record<string, string>>;
  /** Instead of `variables`: what has to be opened before an environment starts. Base64. */
  readonly sealedVariables?: { readonly keyArn: string; readonly ciphertext: string };
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly ephemeralStorageMb: number;
  readonly roleArn: string;
  readonly logging: LoggingSettings;
  readonly tracingMode: "Active" | "PassThrough";
  /** Access points by ARN, and where they appear: `/mnt/NAME`. */
  readonly fileSystems?: readonly { readonly arn: string; readonly path: string }[];
  /** PER_TENANT: an environment serves one tenant only, and every invocation names its tenant. */
  readonly tenantIsolation?: "PER_TENANT" | undefined;
}

/** A zip by hex SHA-256 of its bytes, a live folder of the developer's (hot reload), or a container image. */
export type CodeSource =
  | { readonly kind: "zip"; readonly sha256: string }
  | { readonly kind: "folder"; readonly path: string }
  | ImageSource;

export interface ImageSource {
  readonly kind: "image";
  /** Hex SHA-256 of its manifest. */
  readonly digest: string;
  /** Where it can be had from again, by its digest. */
  readonly resolvedUri: string;
  /** What the function sets in place of the image's own configuration. */
  readonly overrides: ImageOverrides;
}

export interface ImageOverrides {
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
}

/** A container image on this machine, unpacked. */
export interface UnpackedImage {
  /** Host folders, the lowest first, with the sandbox room's marks for what a layer removes. */
  readonly layers: readonly string[];
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Names of the files in its /opt/extensions. */
  readonly extensions: readonly string[];
}

export interface LoggingSettings {
  readonly format: "Text" | "JSON";
  readonly group: string;
  readonly applicationLevel: "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR" | "FATAL";
  readonly systemLevel: "DEBUG" | "INFO" | "WARN";
}

export interface InvocationRequest {
  /** The awsRequestId that the function sees: a version 4 UUID. Async retries keep it. */
  readonly requestId: string;
  /** The event, verbatim. */
  readonly payload: Uint8Array;
  /** ARN as called, with the qualifier that the caller used. */
  readonly invokedFunctionArn: string;
  /** Decoded JSON text of the X-Amz-Client-Context header. */
  readonly clientContext?: string;
  /** `Root=1-…;Parent=…;Sampled=0`. */
  readonly traceId: string;
  /** On whose behalf, for a version that isolates tenants. */
  readonly tenantId?: string;
  /** Receives the bytes of a streamed response as they come, with its content type first. Absent: the whole is buffered. */
  readonly stream?: ResponseSink;
  /** Collect the last 4 KB of the log for LogType=Tail. */
  readonly tail: boolean;
}

/**
 * Takes the bytes in order. The invocation's result comes when the function has ended, also while the reader has not yet
 * taken the last bytes, so that a slow one holds neither the environment nor its slot: the sink delivers what it was given.
 */
export interface ResponseSink {
  start(contentType: string): void;
  /** Resolves when more may be written (backpressure), and when the reader has gone. */
  write(chunk: Uint8Array): Promise<void>;
}

export interface InvocationResult {
  /** What the caller gets: the function's output or AWS's error JSON, verbatim. Empty when it went to `stream`. */
  readonly payload: Uint8Array;
  /** Set for every failure of the function or its environment, as AWS does: always "Unhandled". */
  readonly functionError: "Unhandled" | undefined;
  /** Platform error type (`Sandbox.Timedout`, `Runtime.ExitError` …) or the type that the runtime reported. */
  readonly errorType: string | undefined;
  /** The last 4 KB of this invocation's log, from its START line on, when asked for. */
  readonly logTail: string | undefined;
  /**
   * Resolves when the function works on this invocation no more: it may go on after its answer. Undefined when it was done
   * before that. Never rejects.
   */
  readonly done: Promise<void> | undefined;
  readonly report: InvocationReport;
}

/** The facts of the REPORT line, and where the time went. All durations in milliseconds. */
export interface InvocationReport {
  readonly durationMs: number;
  readonly billedDurationMs: number;
  readonly memorySizeMb: number;
  readonly maxMemoryUsedMb: number;
  /** Present when this is the environment's first invocation, also when it was initialised long before. */
  readonly initDurationMs: number | undefined;
  readonly coldStart: boolean;
  /** Where a cold start went; present when `coldStart`. */
  readonly coldTimings: ColdTimings | undefined;
  /** The start of another process inside the invocation, after a lost one or a failed init; part of `durationMs`. */
  readonly restart?: Restart;
}

export interface Restart {
  readonly timings: ColdTimings;
  /** The start ahead of the invocation, when that is what failed. */
  readonly failed: ColdTimings | undefined;
}

/** The steps of a cold start in milliseconds, in order. The invocation itself is the report's `durationMs`. */
export interface ColdTimings {
  /** `spare`: a sandbox made ahead was taken; `direct`: one was made for this invocation. */
  readonly source: "spare" | "direct";
  /** Waiting for another environment to become free, for memory and for a turn to start. */
  readonly waitMs: number;
  /** Until the sandbox and its first process were there. */
  readonly sandboxMs: number;
  /** Code unpacked, credentials made, code and limits attached. */
  readonly attachMs: number;
  /** From the assignment until the function was ready, including what was left of the interpreter's start. */
  readonly initMs: number;
  /** What was left of the interpreter's start, within `initMs`; 0 where the runtime does not say when it is up. */
  readonly interpreterMs: number;
}

/** Where environments send log lines. Never blocks and never throws; what does not fit is dropped and counted. */
export interface LogSink {
  /** Opens the stream of one environment in `group`; the group is made at the first write. */
  open(target: {
    readonly accountId: string;
    readonly region: string;
    readonly group: string;
    readonly stream: string;
    /** Whose role writes, and which. */
    readonly functionName: string;
    readonly roleArn: string;
  }): LogStream;
}

export interface LogStream {
  /** One log event of at most 1 MiB; `timestampMs` is epoch time. */
  write(message: string, timestampMs: number): void;
  close(): void;
}

/** Temporary credentials of the function's execution role, as seen inside. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Gives each environment the credentials of its role. */
export type CredentialsProvider = (version: FunctionVersion) => Promise<RoleCredentials>;

/** Opens the variables of versions that have them sealed. What it throws is what the invocation rejects with. */
export type VariablesOpener = (version: FunctionVersion) => Promise<Readonly<Record<string, string>>>;

/** Makes unpacked code available as read-only folders, once per content hash. */
export interface CodeFolders {
  /** Host folder with the unpacked zip. Throws when the zip is not in the store. */
  unpacked(sha256: string): Promise<string>;
  /** The image's folders and configuration; throws a UserError when it cannot be had (any more). Absent: no images here. */
  image?(
    image: ImageSource,
    owner: Pick<FunctionVersion, "accountId" | "region" | "architecture">,
  ): Promise<UnpackedImage>;
}

/** Gives access points of file systems their folders. */
export interface FileSystems {
  /** Absolute host folder that functions write to; the same for the same ARN, made when it was not there. */
  folder(arn: string): Promise<string>;
}

/** AWS's names for how an environment came to be. */
export type InitializationType = "on-demand" | "provisioned-concurrency";

/** Environments that are kept ready for one alias or published version, whether or not anybody invokes it. */
export interface ProvisionedTarget {
  /** The alias, or the version's number. */
  readonly qualifier: string;
  /** Whether functions see that they are provisioned; otherwise a minimum is only kept. */
  readonly kind: "provisioned-concurrency" | "minimum";
  /** Epoch milliseconds of the setting; setting it again tries again what failed. */
  readonly setMs: number;
  /** The versions behind the qualifier, and how many environments each gets. */
  readonly shares: readonly { readonly version: FunctionVersion; readonly count: number }[];
}

/** How far a ProvisionedTarget is; the numbers count environments. */
export interface Allocation {
  readonly status: "IN_PROGRESS" | "READY" | "FAILED";
  /** Why it failed: a code of AWS, or a sentence. */
  readonly reason: string | undefined;
  /** Made or being made. */
  readonly allocated: number;
  /** Initialised, whether or not they run something just now. */
  readonly available: number;
}

/** What the pool of environments offers the router. */
export interface Environments extends AsyncDisposable {
  /**
   * Runs one invocation in the most recently used idle environment of this version, or in a new one. Always resolves for
   * failures of the function or its environment; rejects with CapacityExceeded when the machine has no memory for
   * another environment, with a UserError when sandbox or runtime cannot be provided, and for bugs.
   */
  invoke(version: FunctionVersion, request: InvocationRequest): Promise<InvocationResult>;
  /** The function will be invoked soon: gets a sandbox of its runtime and its unpacked code ready, in the background. */
  expect(version: FunctionVersion): void;
  /** Environments of this function whose revision is not in `current` finish what they run and are replaced. */
  retire(functionArn: string, current: readonly string[]): void;
  /** Keeps environments ready as `targets` say, which are all that the function has; what is no longer named ends. */
  provision(functionArn: string, targets: readonly ProvisionedTarget[]): void;
  /** How far the provisioned concurrency of this alias or version is; undefined before `provision` named it. */
  allocation(functionArn: string, qualifier: string): Allocation | undefined;
  /** One row per environment, for `lambent status`. */
  list(): readonly EnvironmentStatus[];
}

export interface EnvironmentStatus {
  readonly id: string;
  readonly functionArn: string;
  readonly version: string;
  readonly runtime: string;
  readonly state: "waiting" | "init" | "broken" | "busy" | "idle" | "shutdown";
  readonly invocations: number;
  /** Epoch milliseconds of the last change of state. */
  readonly since: number;
}
