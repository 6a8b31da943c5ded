/**
 * A service after its first request: its model, its handlers and one instance of each protocol that clients have spoken
 * to it. Chooses the protocol of a request by what the request says, since clients of several generations speak
 * different protocols to the same service.
 */
import { applyDeviations } from "./constraints/deviations.ts";
import { type ConstraintTable, loadConstraintTable } from "./constraints/table.ts";
import { compileValidator, type Validator, validationMessage } from "./constraints/validator.ts";
import { describeError } from "./describe-error.ts";
import { defaultNeeds } from "./gate.ts";
import type { WireLimits } from "./limits.ts";
import { awsQuery } from "./protocols/aws-query.ts";
import { jsonRpc } from "./protocols/json-rpc.ts";
import type { Protocol, ProtocolContext, WireRequest } from "./protocols/protocol.ts";
import { restJson } from "./protocols/rest-json.ts";
import { restXml } from "./protocols/rest-xml.ts";
import { rpcv2Cbor } from "./protocols/rpcv2-cbor.ts";
import { type OperationModel, type ProtocolName, readServiceModel, type ServiceModel } from "./schema/service-model.ts";
import { ServiceError } from "./service-error.ts";
import { type ServiceStyle, styleOf } from "./service-style.ts";
import type { Call, Needs, Service, ServiceModule } from "./types.ts";

export type GenericHandler = (input: unknown, call: Call) => Promise<unknown>;

type GenericAuthorization = (input: unknown, call: Call) => Needs | Promise<Needs>;

export class LoadedService {
  /** Signing name. */
  readonly name: string;
  readonly model: ServiceModel;
  readonly style: ServiceStyle;
  readonly #module: ServiceModule;
  readonly #modelName: string;
  readonly #constraints: ConstraintTable | undefined;
  readonly #validators = new Map<string, Validator>();
  readonly #context: ProtocolContext;
  readonly #protocols = new Map<ProtocolName, Protocol>();

  /** `logFailure` is told of a thrown value that clients are not shown. */
  constructor(
    service: Service,
    module: ServiceModule,
    constraints: ConstraintTable | undefined,
    limits: WireLimits,
    logFailure: (thrown: unknown, requestId: string) => void,
  ) {
    this.name = service.name;
    this.#module = module;
    this.#modelName = service.model ?? service.name;
    this.#constraints = constraints && applyDeviations(this.#modelName, constraints);
    this.model = readServiceModel(module.client);
    this.style = styleOf(service.name);
    this.#context = {
      model: this.model,
      service: service.name,
      unreadableBody: this.style.unreadableBody,
      documentDepthMax: limits.documentDepthMax,
      queryParametersMax: limits.queryParametersMax,
      describeError: (thrown, requestId) => {
        const { reply, unexpected } = describeError(thrown, requestId, this.model, this.style);
        if (unexpected) logFailure(thrown, requestId);
        return reply;
      },
    };
  }

  /** Imports the service and its constraint table, if there is one. */
  static async load(
    service: Service,
    limits: WireLimits,
    logFailure: (thrown: unknown, requestId: string) => void,
  ): Promise<LoadedService> {
    const [module, constraints] = await Promise.all([
      service.load(),
      loadConstraintTable(service.model ?? service.name),
    ]);
    return new LoadedService(service, module, constraints, limits, logFailure);
  }

  /** Checks the model's constraints. @throws ServiceError with all that `input` violates */
  validate(operation: OperationModel, input: unknown): void {
    const { validationCode: code, validationMessageKey: messageKey } = this.style;
    if (code === "none") return;
    let validator = this.#validators.get(operation.name);
    if (!validator) {
      validator = compileValidator(this.#modelName, this.#constraints, operation.name, operation.input);
      this.#validators.set(operation.name, validator);
    }
    const violations = validator(input);
    if (violations.length > 0) throw new ServiceError(code, 400, validationMessage(violations), { messageKey });
  }

  handler(operation: string): GenericHandler | undefined {
    if (!Object.hasOwn(this.#module.handlers, operation)) return undefined;
    const handler: unknown = Reflect.get(this.#module.handlers, operation);
    return typeof handler === "function" ? (handler as GenericHandler) : undefined;
  }

  /** The call where it takes place. */
  locate(operation: string, input: unknown, call: Call): Call | Promise<Call> {
    const { locate } = this.#module;
    return locate === undefined ? call : locate(operation, input, call);
  }

  /** What `operation` needs of its caller. */
  needs(operation: string, input: unknown, call: Call): Needs | Promise<Needs> {
    const table = this.#module.authorization;
    const said: unknown =
      table !== undefined && Object.hasOwn(table, operation) ? Reflect.get(table, operation) : undefined;
    if (typeof said === "function") return (said as GenericAuthorization)(input, call);
    return defaultNeeds(this.name, operation);
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
