/**
 * One process of a runtime in its sandbox, with everything that it can reach: its channel, its Runtime API if it speaks
 * HTTP, Lambent's own endpoint and the exposed ports. Made ahead of need without a function, then assigned once. Knows
 * what a runtime is, not what an invocation is.
 */
import type { Server } from "node:net";
import { type Clock, type Log, type Random, sleep } from "../base/index.ts";
import type { Interpreter, Launch, Runtime } from "../runtimes/index.ts";
import type { Assignment, KeptTmp, Sandbox, SandboxDriver } from "../sandbox/index.ts";
import { boundedServer, notFound } from "./api-replies.ts";
import type { ChannelListener, RuntimeChannel } from "./channel.ts";
import { exposedPortServer } from "./exposed-port.ts";
import { ExtendedChannel } from "./extended-channel.ts";
import { FramedChannel } from "./framed-channel.ts";
import type { ImagePlan } from "./function-image.ts";
import {
  ENDPOINT_CONNECTIONS_MAX,
  OPEN_FILES_MAX,
  OUTPUT_END_WAIT_MS,
  PIDS_MAX,
  SPARE_MEMORY_MB,
  SPARE_TMP_MB,
} from "./limits.ts";
import { RuntimeApi } from "./runtime-api.ts";
import type { FunctionVersion } from "./types.ts";

/** What a process needs of the house around it. */
export interface ProcessServices {
  readonly driver: SandboxDriver;
  readonly random: Random;
  readonly log: Log;
  /** A new server of Lambent's own API, not listening yet, for one sandbox's `localhost`. */
  readonly endpointServer: () => Server;
  /** The URL of Lambent's API on the host, for example `http://localhost:4566`. */
  readonly endpointUrl: string;
  /** Ports of this machine's loopback that functions reach at their own. */
  readonly exposePorts: readonly number[];
}

/** How processes that can stand in for one another are started. */
export interface LaunchPlan {
  /** Equal for plans whose processes are interchangeable until they are assigned. */
  readonly key: string;
  /** Equal for plans whose processes may be forked from one. */
  readonly templateKey: string;
  readonly runtime: Runtime;
  readonly interpreter: Interpreter;
  readonly launch: Launch;
  /** The process waits as a small shell and becomes the interpreter when its variables are known. */
  readonly late: boolean;
  /** Names of the external extensions in the function's layers, in the order of their start. */
  readonly extensions: readonly string[];
  /** The root and program of a function that is a container image. */
  readonly image: ImagePlan | undefined;
}

/** True while a process of this plan is forked from one that is up. */
export function forks(driver: SandboxDriver, { launch, templateKey }: LaunchPlan): boolean {
  return launch.templateArgs !== undefined && driver.hasTemplate?.(templateKey) === true;
}

/** Addresses as seen from inside. */
export interface InsideAddresses {
  /** `host:port`; a placeholder where the runtime does not speak HTTP. */
  readonly runtimeApi: string;
  readonly endpointUrl: string;
}

/** What a process learns of its function beside what its sandbox is given. */
export interface AssignedFunction {
  readonly clock: Clock;
  readonly random: Random;
  readonly version: FunctionVersion;
  readonly extensions: readonly string[];
}

const RUNTIME_API = { host: "127.0.0.1", port: 9001 };

export class RuntimeProcess {
  readonly sandbox: Sandbox;
  readonly #api: RuntimeApi | undefined;
  readonly #addresses: Promise<InsideAddresses>;
  readonly #hungUp: Promise<void>;
  #channel: RuntimeChannel | undefined;

  private constructor(sandbox: Sandbox, api: RuntimeApi | undefined, addresses: Promise<InsideAddresses>) {
    this.sandbox = sandbox;
    this.#api = api;
    this.#addresses = addresses;
    this.#hungUp = new Promise((resolve) => {
      sandbox.channel.once("end", resolve);
      sandbox.channel.once("close", resolve);
    });
  }

  /** Starts the plan's process, with the /tmp of a former one where that was kept; it need not be ready. */
  static start(services: ProcessServices, plan: LaunchPlan, keptTmp?: KeptTmp): Promise<RuntimeProcess> {
    return RuntimeProcess.#start(services, plan, { patient: false, keptTmp });
  }

  /** The same for nobody yet: what makes it smaller or cheaper is waited for. */
  static startAhead(services: ProcessServices, plan: LaunchPlan): Promise<RuntimeProcess> {
    return RuntimeProcess.#start(services, plan, { patient: true, keptTmp: undefined });
  }

  static async #start(
    services: ProcessServices,
    { launch, runtime, templateKey, image }: LaunchPlan,
    { patient, keptTmp }: { readonly patient: boolean; readonly keptTmp: KeptTmp | undefined },
  ): Promise<RuntimeProcess> {
    const args = launch.templateArgs;
    const sandbox = await services.driver.create({
      id: `${runtime.family}-${services.random.hex(8)}`,
      args: launch.args,
      env: launch.env,
      cwd: image === undefined ? "/var/task" : "/",
      mounts: launch.mounts,
      ...(image === undefined ? {} : { root: { layers: image.layers } }),
      limits: { memoryMb: SPARE_MEMORY_MB, pids: PIDS_MAX, openFiles: OPEN_FILES_MAX, tmpMb: SPARE_TMP_MB },
      ...(keptTmp === undefined ? {} : { keptTmp }),
      ...(args === undefined ? {} : { template: { key: templateKey, args, patient } }),
    });
    const api = runtime.channel === "http" ? new RuntimeApi(sandbox.channel) : undefined;
    const addresses = openDoors(services, sandbox, api);
    addresses.catch((error: unknown) => {
      // Whoever assigns the process meets the error; a spare that nobody takes has only the log.
      services.log.debug("a sandbox cannot reach its server", { sandbox: sandbox.id, error });
    });
    return new RuntimeProcess(sandbox, api, addresses);
  }

  /** Gives the process its code, limits and a listener. No event comes before `channel.init` was called. */
  async assign(
    assignment: Assignment,
    listener: ChannelListener,
    { clock, random, version, extensions }: AssignedFunction,
  ): Promise<{ readonly channel: RuntimeChannel; readonly addresses: InsideAddresses }> {
    const [addresses] = await Promise.all([this.#addresses, this.sandbox.attach(assignment)]);
    const api = this.#api;
    if (api === undefined && extensions.length === 0) {
      this.#channel = new FramedChannel(this.sandbox.channel, listener, clock);
      return { channel: this.#channel, addresses };
    }
    const stage = this.sandbox.channel;
    const framed = api === undefined;
    const channel = new ExtendedChannel({ version, clock, random, listener, external: extensions, stage, framed });
    this.#channel = channel;
    if (api !== undefined) {
      api.open(channel.inside, clock, channel.api);
      return { channel: channel.around(api), addresses };
    }
    const server = boundedServer((request, response) => {
      if (!channel.api.handle(request, response)) notFound(response);
    });
    const { host, port } = await this.sandbox.listen(server, RUNTIME_API.host, RUNTIME_API.port);
    channel.around(new FramedChannel(stage, channel.inside, clock));
    return { channel, addresses: { ...addresses, runtimeApi: `${host}:${port}` } };
  }

  /** After its exit: resolves when all that the process said on its channel has been read, or it takes too long. */
  hungUp(clock: Clock): Promise<void> {
    return Promise.race([this.#hungUp, sleep(clock, OUTPUT_END_WAIT_MS)]);
  }

  /** Kills the process and everything around it. Idempotent. */
  async end(): Promise<void> {
    this.#channel?.close();
    this.#api?.close();
    await this.sandbox.destroy();
  }
}

/** Opens what the process may reach at its own loopback. Sandboxes on the host's network have the host's already. */
async function openDoors(
  services: ProcessServices,
  sandbox: Sandbox,
  api: RuntimeApi | undefined,
): Promise<InsideAddresses> {
  const runtimeApi = api === undefined ? RUNTIME_API : sandbox.listen(api.server, RUNTIME_API.host, RUNTIME_API.port);
  const ownLoopback = services.driver.isolation.ownLoopback;
  const endpointPort = Number(new URL(services.endpointUrl).port || "80");
  const endpoint = (): Server => {
    const server = services.endpointServer();
    server.maxConnections = ENDPOINT_CONNECTIONS_MAX;
    return server;
  };
  const doors = ownLoopback
    ? [
        sandbox.listen(endpoint(), "127.0.0.1", endpointPort),
        ...services.exposePorts.map((port) => sandbox.listen(exposedPortServer(port), "127.0.0.1", port)),
      ]
    : [];
  const [api9001] = await Promise.all([runtimeApi, ...doors]);
  return { runtimeApi: `${api9001.host}:${api9001.port}`, endpointUrl: services.endpointUrl };
}
