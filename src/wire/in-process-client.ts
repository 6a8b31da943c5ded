/**
 * The in-process transport: a service called with typed input on behalf of a principal, without sockets or
 * serialisation. Modelled exceptions reach the caller as they were thrown. Input is trusted, so constraints are not
 * checked again.
 */
import type { Random } from "../base/index.ts";
import { authorize, type Gate, INSIDE } from "./gate.ts";
import type { LoadedService } from "./loaded-service.ts";
import { partitionOf } from "./routing/credentials.ts";
import { ServiceError } from "./service-error.ts";
import type {
  Call,
  CallContext,
  CallerIdentity,
  ClientModule,
  OperationInput,
  OperationName,
  OperationOutput,
  ServiceClient,
} from "./types.ts";

interface InProcessOptions {
  readonly load: () => Promise<LoadedService> | LoadedService;
  readonly identity: CallerIdentity;
  readonly random: Random;
  readonly endpoint: () => string;
  readonly gate?: Gate | undefined;
}

export function inProcessClient<C extends ClientModule>(options: InProcessOptions): ServiceClient<C> {
  const never = new AbortController().signal;
  return {
    async call<N extends OperationName<C>>(
      operation: N,
      input: OperationInput<C, N>,
      context?: CallContext,
    ): Promise<OperationOutput<C, N>> {
      const service = await options.load();
      const handler = service.handler(operation);
      if (!handler) {
        throw new ServiceError(
          "NotImplementedException",
          501,
          `Lambent does not implement ${service.name}:${operation} yet.`,
        );
      }
      const call = await service.locate(operation, input, callFor(service.name, operation, options, never, context));
      if (options.gate !== undefined) await authorize(options.gate, service, input, call, INSIDE);
      const output = await handler(input, call);
      return output as OperationOutput<C, N>;
    },
  };
}

function callFor(
  service: string,
  operation: string,
  options: InProcessOptions,
  signal: AbortSignal,
  context: CallContext | undefined,
): Call {
  const { principal, region } = options.identity;
  return {
    requestId: options.random.uuid(),
    service,
    operation,
    accountId: principal.accountId,
    region,
    partition: partitionOf(region),
    principal,
    endpoint: options.endpoint(),
    signal,
    header: (name) => (name === "x-amzn-trace-id" ? context?.traceId : undefined),
    setHeader() {
      // There is no response whose header this could be.
    },
  };
}
