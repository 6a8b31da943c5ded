/**
 * Other services as Lambda itself calls them, in the name of a function's role: inside this process where this server has
 * the service, over HTTP where the configuration names an endpoint, else not at all. Client packages are loaded when they
 * are first needed. Knows no operation.
 */
import { BoundedMap } from "./base/index.ts";
import type { RoleCredentials } from "./environments/index.ts";
import type { RoleBearer, TargetModules, TargetService, TargetServices } from "./invoke/index.ts";
import { rolePrincipal } from "./telemetry/index.ts";
import {
  type CallContext,
  type CallerIdentity,
  type ClientModule,
  type OperationInput,
  type OperationName,
  type OperationOutput,
  parseArn,
  type ServiceClient,
} from "./wire/index.ts";

/** URL by the service's name in ARNs. */
export type ServiceEndpoints = Readonly<Partial<Record<TargetService, string>>>;

export interface ServiceCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface ServiceClientsOptions {
  /** A client of a service of this server; undefined when it has none of that name. */
  readonly inProcess: <C extends ClientModule>(
    service: string,
    identity: CallerIdentity,
  ) => ServiceClient<C> | undefined;
  /** Where this server answers. */
  readonly ownUrl: () => string;
  readonly endpoints: ServiceEndpoints;
  readonly credentials: (bearer: RoleBearer) => Promise<RoleCredentials>;
  /** What requests to services elsewhere are signed with, instead of credentials that only this server knows. */
  readonly credentialsElsewhere?: ServiceCredentials | undefined;
  /**
   * Whether permissions are asked: then a function is invoked as a destination where its sender's role may. Another
   * account's is asked for always.
   */
  readonly asksPermissions: boolean;
}

/** Services that may be elsewhere, each with how its client is made; their modules are named in TargetModules. */
const OVER_HTTP: { readonly [S in TargetService]: (config: HttpConfig) => Promise<ClosableClient<TargetModules[S]>> } =
  {
    async sqs(config) {
      const module = await import("@aws-sdk/client-sqs");
      // Not every queue elsewhere answers with a checksum; what is taken for a failure would be sent again.
      return clientOf(module, new module.SQSClient({ ...config, useQueueUrlAsEndpoint: false, md5: false }));
    },
    async sns(config) {
      const module = await import("@aws-sdk/client-sns");
      return clientOf(module, new module.SNSClient(config));
    },
    async events(config) {
      const module = await import("@aws-sdk/client-eventbridge");
      return clientOf(module, new module.EventBridgeClient(config));
    },
    async s3(config) {
      const module = await import("@aws-sdk/client-s3");
      return clientOf(
        module,
        new module.S3Client({ ...config, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" }),
      );
    },
  };

export const SERVICES_ELSEWHERE: readonly TargetService[] = Object.keys(OVER_HTTP).filter(isElsewhere);

function isElsewhere(service: string): service is TargetService {
  return Object.hasOwn(OVER_HTTP, service);
}

/** Clients of one service that are kept for further calls. */
const CLIENTS_MAX = 64;
/** Of one call; tries and their waits are the caller's. */
const CONNECT_MS = 3000;
const ANSWER_MS = 15_000;

/** Services as whoever calls Lambda would reach them. */
export interface CallersServices {
  /** Undefined when there is no such service. */
  reachFor<S extends TargetService>(
    service: S,
    caller: CallerIdentity,
  ): Promise<ServiceClient<TargetModules[S]> | undefined>;
}

export function createServiceClients(options: ServiceClientsOptions): TargetServices & CallersServices & Disposable {
  const kept: { [S in TargetService]?: Kept<TargetModules[S]> } = {};

  function elsewhere<S extends TargetService>(
    service: S,
    config: HttpConfig,
  ): Promise<ClosableClient<TargetModules[S]>> {
    const clients: Kept<TargetModules[S]> = kept[service] ?? keptClients();
    kept[service] = clients;
    const key = `${config.region} ${config.credentials.accessKeyId}`;
    const known = clients.get(key);
    if (known !== undefined) return known;
    const made = OVER_HTTP[service](config);
    clients.set(key, made);
    return made;
  }

  return {
    async reach(service, { bearer, region }) {
      const inside = options.inProcess<TargetModules[typeof service]>(service, {
        principal: rolePrincipal(bearer.accountId, bearer),
        region,
      });
      if (inside !== undefined) return { client: inside, endpoint: options.ownUrl() };
      const endpoint = options.endpoints[service];
      if (endpoint === undefined) return undefined;
      const credentials = options.credentialsElsewhere ?? (await options.credentials(bearer));
      return { client: await elsewhere(service, configOf(endpoint, { region, credentials })), endpoint };
    },
    async reachFor(service, caller) {
      const inside = options.inProcess<TargetModules[typeof service]>(service, caller);
      if (inside !== undefined) return inside;
      const endpoint = options.endpoints[service];
      if (endpoint === undefined) return undefined;
      const credentials = options.credentialsElsewhere ?? accountKey(caller);
      return elsewhere(service, configOf(endpoint, { region: caller.region, credentials }));
    },
    async requireInvoke(bearer, arn) {
      const isOwn = parseArn(arn)?.accountId === bearer.accountId;
      if (options.asksPermissions || !isOwn) await dryRun(options, bearer, arn);
    },
    [Symbol.dispose]() {
      for (const clients of Object.values(kept)) clients.clear();
    },
  };
}

/** What the caller signed with is not known here. Servers such as this one take an account's number for its key. */
function accountKey({ principal }: CallerIdentity): ServiceCredentials {
  return { accessKeyId: principal.accountId, secretAccessKey: principal.accountId };
}

/** Asks as a client would: an invocation that runs nothing. */
async function dryRun({ inProcess }: ServiceClientsOptions, bearer: RoleBearer, FunctionName: string): Promise<void> {
  const { accountId, region } = bearer;
  const lambda = inProcess<typeof import("@aws-sdk/client-lambda")>("lambda", {
    principal: rolePrincipal(accountId, bearer),
    region,
  });
  await lambda?.call("Invoke", { FunctionName, InvocationType: "DryRun" });
}

type ClosableClient<C extends ClientModule> = ServiceClient<C> & Disposable;
type Kept<C extends ClientModule> = BoundedMap<string, Promise<ClosableClient<C>>>;

/** A client that gives way lets its connections go once everything that it has sent is answered. */
function keptClients<C extends ClientModule>(): Kept<C> {
  return new BoundedMap(
    CLIENTS_MAX,
    (client) =>
      void client.then(
        (made) => made[Symbol.dispose](),
        () => undefined,
      ),
  );
}

type HttpConfig = ReturnType<typeof configOf>;

function configOf(
  endpoint: string,
  { region, credentials }: { readonly region: string; readonly credentials: ServiceCredentials },
): {
  endpoint: string;
  region: string;
  credentials: ServiceCredentials;
  maxAttempts: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number };
} {
  const requestHandler = { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS };
  return { endpoint, region, credentials, maxAttempts: 1, requestHandler };
}

/** The SDK's client in the form that rooms call services by. */
function clientOf<C extends ClientModule>(
  module: C,
  client: { readonly send: (...args: never[]) => unknown; destroy(): void },
): ClosableClient<C> {
  let underWay = 0;
  let isKept = true;
  const letGo = (): void => {
    if (!isKept && underWay === 0) client.destroy();
  };
  return {
    [Symbol.dispose]() {
      isKept = false;
      letGo();
    },
    async call<N extends OperationName<C>>(
      operation: N,
      input: OperationInput<C, N>,
      context?: CallContext,
    ): Promise<OperationOutput<C, N>> {
      const Command: unknown = Reflect.get(module, `${operation}Command`);
      if (typeof Command !== "function") throw new Error(`there is no operation ${operation}`);
      underWay += 1;
      try {
        const command: unknown = Reflect.construct(Command, [input]);
        if (context !== undefined && isCommand(command)) addTrace(command, context.traceId);
        const output: unknown = await Reflect.apply(client.send, client, [command]);
        return output as OperationOutput<C, N>;
      } finally {
        underWay -= 1;
        letGo();
      }
    },
  };
}

type Step = (args: object) => Promise<unknown>;

interface SdkCommand {
  readonly middlewareStack: {
    add(middleware: (next: Step) => Step, options: { readonly step: "build"; readonly name: string }): void;
  };
}

function isCommand(value: unknown): value is SdkCommand {
  return typeof value === "object" && value !== null && "middlewareStack" in value;
}

function addTrace({ middlewareStack }: SdkCommand, traceId: string): void {
  middlewareStack.add(
    (next) => (args) => {
      const headers: unknown = Reflect.get(Object(Reflect.get(args, "request")), "headers");
      Reflect.set(Object(headers), "x-amzn-trace-id", traceId);
      return next(args);
    },
    { step: "build", name: "traceOfTheEvent" },
  );
}
