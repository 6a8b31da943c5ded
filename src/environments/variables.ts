/**
 * The environment variables that a function sees, in one pure function. Order of precedence, weakest first: what the
 * service sets by default, what the runtime adds, the function's own configuration, what nobody may change.
 * Source: recordings of the service, 2025-11 to 2026-02.
 */
import type { FunctionVersion, InitializationType, RoleCredentials } from "./types.ts";

export interface VariableSources {
  readonly version: FunctionVersion;
  readonly initializationType: InitializationType;
  /** `AWS_Lambda_nodejs22.x`; undefined for custom runtimes. */
  readonly executionEnv: string | undefined;
  /** For example NODE_PATH; the function's own win. */
  readonly runtimeVariables: Readonly<Record<string, string>>;
  readonly credentials: RoleCredentials;
  readonly logStream: string;
  /** `host:port` of the Runtime API as seen from inside. */
  readonly runtimeApi: string;
  /** The URL of this server as seen from inside. */
  readonly endpointUrl: string;
  /** Maps a path that Lambda names to the one that is true in the sandbox. */
  readonly pathInside: (path: string) => string;
}

export function functionVariables(sources: VariableSources): Record<string, string> {
  const { version, credentials, pathInside } = sources;
  const json = version.logging.format === "JSON";
  const temporary = pathInside("/tmp");
  return {
    ...(version.code.kind === "image" ? {} : runtimeDefaults(pathInside)),
    ...(temporary === "/tmp" ? {} : { TMPDIR: temporary }),
    AWS_ENDPOINT_URL: sources.endpointUrl,
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    AWS_XRAY_DAEMON_ADDRESS: `${XRAY_HOST}:2000`,
    ...mapped(pathInside, sources.runtimeVariables),
    ...version.variables,
    ...fileSystemVariables(version, pathInside),
    _AWS_XRAY_DAEMON_ADDRESS: XRAY_HOST,
    _AWS_XRAY_DAEMON_PORT: "2000",
    ...(version.code.kind === "image" ? {} : { _HANDLER: version.handler }),
    LAMBDA_TASK_ROOT: pathInside("/var/task"),
    LAMBDA_RUNTIME_DIR: pathInside("/var/runtime"),
    AWS_REGION: version.region,
    AWS_DEFAULT_REGION: version.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_LAMBDA_FUNCTION_NAME: version.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: version.logging.group,
    AWS_LAMBDA_LOG_STREAM_NAME: sources.logStream,
    AWS_LAMBDA_INITIALIZATION_TYPE: sources.initializationType,
    AWS_LAMBDA_RUNTIME_API: sources.runtimeApi,
    ...(sources.executionEnv === undefined ? {} : { AWS_EXECUTION_ENV: sources.executionEnv }),
    ...(json ? { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: version.logging.applicationLevel } : {}),
  };
}

/** What the managed runtimes set; an image has its own. */
function runtimeDefaults(pathInside: (path: string) => string): Record<string, string> {
  return {
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    PATH: list(pathInside, "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
    LD_LIBRARY_PATH: list(
      pathInside,
      "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    ),
  };
}

/** Where a function has no root of its own, variables that name a place in its file systems name the true one. */
function fileSystemVariables(
  { variables, fileSystems = [] }: FunctionVersion,
  pathInside: (path: string) => string,
): Record<string, string> {
  if (fileSystems.length === 0) return {};
  const within = (value: string): boolean =>
    fileSystems.some(({ path }) => value === path || value.startsWith(`${path}/`));
  const named = Object.entries(variables).filter(([, value]) => within(value));
  return Object.fromEntries(named.map(([name, value]) => [name, pathInside(value)]));
}

/** Where the X-Ray daemon is on the service. */
const XRAY_HOST = "169.254.79.129";

function mapped(
  pathInside: (path: string) => string,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, list(pathInside, value)]));
}

function list(pathInside: (path: string) => string, paths: string): string {
  return paths.split(":").map(pathInside).join(":");
}
