/**
 * A service after its first request: its model, its handlers and one instance of each protocol that clients have spoken
 * to it. Chooses the protocol of a request by what the request says, since clients of several generations speak
 * different protocols to the same service.
 */
import { describeError } from "./describe-error.ts";
import type { WireLimits } from "./limits.ts";
import { awsQuery } from "./protocols/aws-query.ts";
import { jsonRpc } from "./protocols/json-rpc.ts";
import type { Protocol, ProtocolContext, WireRequest } from "./protocols/protocol.ts";
import { restJson } from "./protocols/rest-json.ts";
import { restXml } from "./protocols/rest-xml.ts";
import { rpcv2Cbor } from "./protocols/rpcv2-cbor.ts";
import { type OperationModel, type ProtocolName, readServiceModel, type ServiceModel } from "./schema/service-model.ts";
import { type ServiceStyle, styleOf } from "./service-style.ts";
import type { Call, Service, ServiceModule } from "./types.ts";

export type GenericHandler = (input: unknown, call: Call) => Promise<unknown>;

export class LoadedService {
  /** Signing name. */
  readonly name: string;
  readonly model: ServiceModel;
  readonly style: ServiceStyle;
  readonly #module: ServiceModule;
  readonly #context: ProtocolContext;
  readonly #protocols = new Map<ProtocolName, Protocol>();

  /** `logFailure` is told of a thrown value that clients are not shown. */
  static async create(
    service: Service,
    module: ServiceModule,
    limits: WireLimits,
    logFailure: (thrown: unknown, requestId: string) => void,
  ): Promise<LoadedService> {
    return new LoadedService(service.name, module, limits, logFailure);
  }

  private constructor(
    name: string,
    module: ServiceModule,
    limits: WireLimits,
    logFailure: (thrown: unknown, requestId: string) => void,
  ) {
    this.name = name;
    this.#module = module;
    this.model = readServiceModel(module.client);
    this.style = styleOf(name);
    this.#context = {
      model: this.model,
      service: name,
      documentDepthMax: limits.documentDepthMax,
      queryParametersMax: limits.queryParametersMax,
      describeError: (thrown, requestId) => {
        const { reply, unexpected } = describeError(thrown, requestId, this.model, this.style);
        if (unexpected) logFailure(thrown, requestId);
        return reply;
      },
    };
  }

  /** `input`, when it keeps the model's constraints. @throws ServiceError with all that are violated */
  validated(_operation: OperationModel, input: unknown): unknown {
    return input;
  }

  handler(operation: string): GenericHandler | undefined {
    if (!Object.hasOwn(this.#module.handlers, operation)) return undefined;
    const handler: unknown = Reflect.get(this.#module.handlers, operation);
    return typeof handler === "function" ? (handler as GenericHandler) : undefined;
  }

  /** The protocol that `request` speaks. */
  protocolOf(request: WireRequest): Protocol {
    return this.#protocol(this.#protocolName(request));
  }

  #protocolName({ headers, method, path, rawQuery }: WireRequest): ProtocolName {
    const own = this.model.protocol;
    if (headers["smithy-protocol"] === "rpc-v2-cbor" && path.startsWith("/service/")) return "rpcv2Cbor";
    if (own === "restJson1" || own === "restXml") return own;
    const contentType = headers["content-type"] ?? "";
    if (contentType.startsWith("application/x-amz-json-1.0")) return "awsJson1_0";
    if (contentType.startsWith("application/x-amz-json-1.1")) return "awsJson1_1";
    if (headers["x-amz-target"] !== undefined) return own === "awsJson1_0" ? "awsJson1_0" : "awsJson1_1";
    if (contentType.startsWith("application/x-www-form-urlencoded")) return "awsQuery";
    return method === "GET" || /(^|&)Action=/.test(rawQuery) ? "awsQuery" : own;
  }

  #protocol(name: ProtocolName): Protocol {
    let protocol = this.#protocols.get(name);
    if (!protocol) {
      protocol = PROTOCOLS[name](this.#context);
      this.#protocols.set(name, protocol);
    }
    return protocol;
  }
}

const PROTOCOLS = {
  restJson1: restJson,
  restXml,
  awsJson1_0: (context) => jsonRpc(context, "1.0"),
  awsJson1_1: (context) => jsonRpc(context, "1.1"),
  awsQuery,
  rpcv2Cbor,
} satisfies Record<ProtocolName, (context: ProtocolContext) => Protocol>;
