/**
 * Configuration in one place: flags and LAMBENT_* variables are parsed, defaulted, checked and compiled here, and nowhere
 * else is a default. Two results: how a server runs, and how a client finds one.
 */
import { statSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { isLoopback, type LogLevel, UserError } from "../base/index.ts";
import { type GivenKey, readRootCredentials } from "../root-credentials.ts";
import type { AuthMode, ServerConfig } from "../server.ts";
import { SERVICES_ELSEWHERE, type ServiceEndpoints } from "../service-clients.ts";
import type { Arguments } from "./command.ts";

const PORT_DEFAULT = 4566;
/** AWS's default quota of concurrent executions per account and region. */
const ACCOUNT_CONCURRENCY_DEFAULT = 1_000;
const AUTH_MODES: readonly AuthMode[] = ["off", "audit", "enforce"];
const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const DUMMY_KEY = "lambent";
export const DEFAULT_ACCOUNT = "000000000000";

/** How a client reaches the server. Credentials undefined: the SDK finds them itself (a profile was named). */
export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials | undefined;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export function serverConfig(args: Arguments, env: NodeJS.ProcessEnv): ServerConfig {
  const config: ServerConfig = {
    port: portNumber("--port", args.number("port") ?? env["LAMBENT_PORT"] ?? PORT_DEFAULT),
    host: args.text("host") ?? env["LAMBENT_HOST"] ?? "127.0.0.1",
    dataFolder: resolve(args.text("data") ?? homeFolder(env)),
    driver: args.text("driver") ?? env["LAMBENT_DRIVER"] ?? "auto",
    strictRuntimes: args.flag("strict-runtimes") || env["LAMBENT_STRICT_RUNTIMES"] === "1",
    spares: !(args.flag("no-spares") || env["LAMBENT_NO_SPARES"] === "1"),
    exposePorts: [...args.list("expose"), ...(env["LAMBENT_EXPOSE"] ?? "").split(",")]
      .flatMap((value) => value.split(","))
      .filter((value) => value.trim() !== "")
      .map((value) => portNumber("--expose", value)),
    auth: authMode(args.text("auth") ?? env["LAMBENT_AUTH"] ?? "off"),
    rootKey: rootKeyOf(env),
    allowUnauthenticated: args.flag("allow-unauthenticated"),
    logLevel: logLevel(args.text("log-level") ?? env["LAMBENT_LOG_LEVEL"] ?? "warn"),
    accountConcurrency: concurrency(args.number("account-concurrency") ?? env["LAMBENT_ACCOUNT_CONCURRENCY"]),
    quotas: quotas([...(env["LAMBENT_QUOTAS"] ?? "").split(","), ...args.list("quota")]),
    functionUrlBase: urlBase(args.text("url-base") ?? env["LAMBENT_URL_BASE"]),
    fileSystems: fileSystems(args.list("file-system")),
    imageFolders: imageFolders(args.list("image-folder")),
    imageRegistries: imageRegistries(args.list("image-registry")),
    serviceEndpoints: serviceEndpoints([
      ...(env["LAMBENT_SERVICE_ENDPOINTS"] ?? "").split(","),
      ...args.list("service-endpoint"),
    ]),
    ...serviceCredentials(env),
  };
  refuseOpenServer(config);
  return config;
}

export function clientConfig(args: Arguments, env: NodeJS.ProcessEnv): ClientConfig {
  const endpoint =
    args.text("endpoint") ?? env["LAMBENT_ENDPOINT"] ?? env["AWS_ENDPOINT_URL"] ?? `http://localhost:${PORT_DEFAULT}`;
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    throw new UserError("bad-endpoint", `The endpoint "${endpoint}" is not a URL.`, {
      nextStep: "give one like http://localhost:4566 with --endpoint or LAMBENT_ENDPOINT",
    });
  }
  return {
    endpoint: endpoint.replace(/\/+$/, ""),
    region: args.text("region") ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? "us-east-1",
    credentials: clientCredentials(env, endpoint),
  };
}

/** The 12 digits that the server will take this client's account from. */
export function accountOf(config: ClientConfig): string {
  const key = config.credentials?.accessKeyId ?? "";
  return /^\d{12}$/.test(key) ? key : DEFAULT_ACCOUNT;
}

/**
 * What an unmodified AWS client needs to find `url`, with the keys of the root user where the server of `home` has made
 * some. A profile or session of the real AWS must not win over it.
 */
export function clientVariables(
  url: string,
  env: NodeJS.ProcessEnv,
  home?: string,
): Record<string, string | undefined> {
  const key = home === undefined ? undefined : rootOf(home, env);
  const region = env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? "us-east-1";
  return {
    AWS_ENDPOINT_URL: url,
    LAMBENT_ENDPOINT: url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: key?.accessKeyId ?? DUMMY_KEY,
    AWS_SECRET_ACCESS_KEY: key?.secretAccessKey ?? DUMMY_KEY,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** The environment's, a profile's, or the root user's where the server is this machine's and its data folder is here. */
function clientCredentials(env: NodeJS.ProcessEnv, endpoint: string): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, ...(token === undefined ? {} : { sessionToken: token }) };
  }
  if (env["AWS_PROFILE"] !== undefined) return undefined;
  const isHere = isLoopback(new URL(endpoint).hostname.replace(/^\[|\]$/g, ""));
  return (
    (isHere ? rootOf(homeFolder(env), env) : rootKeyOf(env)) ?? { accessKeyId: DUMMY_KEY, secretAccessKey: DUMMY_KEY }
  );
}

function rootOf(home: string, env: NodeJS.ProcessEnv): Credentials | undefined {
  const given = rootKeyOf(env);
  if (given !== undefined) return given;
  const { accessKeyId, secretAccessKey } = readRootCredentials(home, undefined)?.of(DEFAULT_ACCOUNT) ?? {};
  return accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
}

/** Both of the two variables, or neither. */
export function rootKeyOf(env: NodeJS.ProcessEnv): GivenKey | undefined {
  const { LAMBENT_ROOT_ACCESS_KEY_ID: accessKeyId, LAMBENT_ROOT_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId !== undefined && secretAccessKey && /^[\w.+=@-]{3,128}$/.test(accessKeyId)) {
    return { accessKeyId, secretAccessKey };
  }
  throw new UserError("bad-root-key", "LAMBENT_ROOT_ACCESS_KEY_ID and LAMBENT_ROOT_SECRET_ACCESS_KEY are no key.", {
    nextStep: "set both or neither; the id has 3 to 128 letters, digits and _.+=@-",
  });
}

/** What services elsewhere are signed for: both of the key's two variables, or neither. */
function serviceCredentials(env: NodeJS.ProcessEnv): Pick<ServerConfig, "serviceCredentials"> {
  const {
    LAMBENT_SERVICE_ACCESS_KEY_ID: accessKeyId,
    LAMBENT_SERVICE_SECRET_ACCESS_KEY: secretAccessKey,
    LAMBENT_SERVICE_SESSION_TOKEN: sessionToken,
  } = env;
  if (!accessKeyId && !secretAccessKey) return {};
  if (accessKeyId && secretAccessKey) {
    return { serviceCredentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
  }
  throw new UserError(
    "bad-service-key",
    "Only one of LAMBENT_SERVICE_ACCESS_KEY_ID and LAMBENT_SERVICE_SECRET_ACCESS_KEY is set.",
    { nextStep: "set both, or neither" },
  );
}

export function homeFolder(env: NodeJS.ProcessEnv): string {
  return env["LAMBENT_HOME"] ?? ".lambent";
}

function authMode(value: string): AuthMode {
  const mode = AUTH_MODES.find((candidate) => candidate === value);
  if (mode !== undefined) return mode;
  throw new UserError("bad-auth", `There is no authentication "${value}".`, {
    nextStep: `use ${AUTH_MODES.join(", ")}`,
  });
}

/** Whoever reaches the port may run code, so only this machine may, unless they are authenticated or that was asked for by name. */
function refuseOpenServer(config: ServerConfig): void {
  if (config.auth === "enforce" || config.allowUnauthenticated || isLoopback(config.host)) return;
  throw new UserError(
    "open-server",
    `Listening on ${config.host} would let everyone on the network run code here, because nobody is authenticated.`,
    { nextStep: "leave out --host, add --auth=enforce, or --allow-unauthenticated if the network is trusted" },
  );
}

function portNumber(option: string, value: string | number): number {
  const port = typeof value === "number" ? value : Number(value.trim());
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UserError("bad-port", `${option} got "${value}".`, {
    nextStep: "give a port between 0 (any free one) and 65535",
  });
}

/** `sqs=http://localhost:9324`; a later one of a service wins. */
function serviceEndpoints(values: readonly string[]): ServiceEndpoints {
  const endpoints: Partial<Record<keyof ServiceEndpoints, string>> = {};
  for (const value of values.map((given) => given.trim()).filter((given) => given !== "")) {
    const at = value.indexOf("=");
    const name = value.slice(0, at).toLowerCase();
    const service = SERVICES_ELSEWHERE.find((known) => known === name);
    const url = value.slice(at + 1);
    if (service === undefined || !URL.canParse(url) || !/^https?:/.test(url)) {
      throw new UserError("bad-service-endpoint", `--service-endpoint got "${value}".`, {
        nextStep: `give a service (${SERVICES_ELSEWHERE.join(", ")}) and its URL, like sqs=http://localhost:9324`,
      });
    }
    endpoints[service] = url;
  }
  return endpoints;
}

/** `arn:…:access-point/fsap-0123=/srv/shared`; a later one of an access point wins. */
function fileSystems(values: readonly string[]): ReadonlyMap<string, string> {
  const folders = new Map<string, string>();
  for (const value of values) {
    const at = value.indexOf("=");
    const [arn, folder] = [value.slice(0, at), value.slice(at + 1)];
    const isFolder = folder !== "" && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!/^arn:[^:]+:(elasticfilesystem|s3files):/.test(arn) || !isFolder) {
      throw new UserError("bad-file-system", `--file-system got "${value}".`, {
        nextStep:
          "give the ARN of an access point and a folder that exists, like arn:aws:elasticfilesystem:…=/srv/shared",
      });
    }
    folders.set(arn, resolve(folder));
  }
  return folders;
}

function imageFolders(values: readonly string[]): readonly string[] {
  for (const value of values) {
    if (value !== "" && statSync(value, { throwIfNoEntry: false })?.isDirectory() === true) continue;
    throw new UserError("bad-image-folder", `--image-folder got "${value}".`, {
      nextStep: "give a folder that exists; functions may be made of the container images in it",
    });
  }
  return values.map((value) => resolve(value));
}

function imageRegistries(values: readonly string[]): readonly string[] {
  for (const value of values) {
    if (/^[a-z0-9.-]+(:\d+)?$/i.test(value) && /[.:]/.test(value)) continue;
    throw new UserError("bad-image-registry", `--image-registry got "${value}".`, {
      nextStep: "give a registry's host as it stands in an ImageUri, like public.ecr.aws",
    });
  }
  return values.map((value) => value.toLowerCase());
}

function concurrency(value: string | number | undefined): number {
  const wanted = value === undefined ? ACCOUNT_CONCURRENCY_DEFAULT : Number(value);
  if (Number.isInteger(wanted) && wanted > 0) return wanted;
  throw new UserError("bad-concurrency", `--account-concurrency got "${value}".`, {
    nextStep: "give a whole number above 0",
  });
}

/** `environment-bytes=8192`; a later one of a name wins. The server knows the names. */
function quotas(values: readonly string[]): Readonly<Record<string, number>> {
  const given: Record<string, number> = {};
  for (const value of values.map((text) => text.trim()).filter((text) => text !== "")) {
    const [, name, amount] = /^([a-z-]+)=(\d{1,15})$/.exec(value) ?? [];
    if (name === undefined || Number(amount) < 1) {
      throw new UserError("bad-quota", `--quota got "${value}".`, { nextStep: "give one like environment-bytes=8192" });
    }
    given[name] = Number(amount);
  }
  return given;
}

function urlBase(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.parse(value);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/" && !isIP(url.hostname)) return url.origin;
  throw new UserError("bad-url-base", `--url-base got "${value}".`, {
    nextStep: "give a scheme and a domain whose sub-domains lead here, like https://fn.example.com",
  });
}

function logLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === value);
  if (level !== undefined) return level;
  throw new UserError("bad-log-level", `There is no log level "${value}".`, {
    nextStep: `use ${LOG_LEVELS.join(", ")}`,
  });
}
