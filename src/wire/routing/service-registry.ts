/**
 * Which service a request is for, decided without loading any: credential scope, else X-Amz-Target, else the path of a
 * Smithy RPC request, else the host name, else a path only one service has, else the Version of a query-protocol call.
 */
import type { HttpRequest } from "../http-types.ts";
import type { Service } from "../types.ts";
import type { Credentials } from "./credentials.ts";
import type { HostHint } from "./host.ts";

export class ServiceRegistry {
  readonly #byName = new Map<string, Service>();
  readonly #byTarget = new Map<string, Service>();
  readonly #byVersion = new Map<string, Service>();
  readonly #byPath: { readonly pattern: RegExp; readonly service: Service }[] = [];

  /** @throws Error when two services claim the same name, target or version. */
  constructor(services: readonly Service[]) {
    for (const service of services) {
      for (const name of [service.name, ...(service.aliases ?? [])]) claim(this.#byName, name, service);
      for (const target of service.targets ?? []) claim(this.#byTarget, target, service);
      for (const version of service.queryVersions ?? []) claim(this.#byVersion, version, service);
      for (const pattern of service.paths ?? []) this.#byPath.push({ pattern, service });
    }
  }

  get(name: string): Service | undefined {
    return this.#byName.get(name);
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** By everything but a form's body; undefined when nothing names a service. */
  find(
    request: HttpRequest,
    path: string,
    rawQuery: string,
    credentials: Credentials | undefined,
    host: HostHint,
  ): Service | undefined {
    if (credentials) return this.#byName.get(credentials.service);
    const target = request.headers["x-amz-target"];
    if (typeof target === "string") return this.#byTarget.get(target.split(".")[0] ?? "");
    const rpcService = /^\/service\/([^/]+)\/operation\/[^/]+$/.exec(path)?.[1];
    if (rpcService !== undefined && request.headers["smithy-protocol"]) return this.#byTarget.get(rpcService);
    if (host.service !== undefined) return this.#byName.get(host.service);
    return this.findByVersion(rawQuery) ?? this.#byPath.find(({ pattern }) => pattern.test(path))?.service;
  }

  /** By the `Version` of a form or query string. */
  findByVersion(form: string): Service | undefined {
    const version = /(?:^|&)Version=([^&]*)/.exec(form)?.[1];
    return version === undefined || !/(?:^|&)Action=/.test(form) ? undefined : this.#byVersion.get(version);
  }
}

function claim(map: Map<string, Service>, key: string, service: Service): void {
  if (map.has(key)) throw new Error(`services ${map.get(key)?.name} and ${service.name} both claim ${key}`);
  map.set(key, service);
}
