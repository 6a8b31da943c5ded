/**
 * What the wire must know of a service, read from its client module: operations, errors and protocol settings. The edge
 * where a module of unknown shape becomes typed; nothing else looks into client modules.
 */
import type { StaticErrorSchema, StaticOperationSchema } from "@smithy/types";
import type { ClientModule } from "../types.ts";
import { isStruct, type Shape, type StructShape, shapeOf, type Traits } from "./shape.ts";

export type ProtocolName = "restJson1" | "restXml" | "awsJson1_0" | "awsJson1_1" | "awsQuery" | "rpcv2Cbor";

export interface OperationModel {
  readonly name: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly traits: Traits;
}

export interface ServiceModel {
  /** The protocol that the client package speaks unless told otherwise. */
  readonly protocol: ProtocolName;
  /** `X-Amz-Target` prefix. */
  readonly target: string;
  /** API version, the `Version` parameter of the query protocol. */
  readonly version: string;
  readonly xmlNamespace: string;
  /** Errors carry an `x-amzn-query-error` header for clients of the former query protocol. */
  readonly queryCompatible: boolean;
  readonly operations: ReadonlyMap<string, OperationModel>;
  readonly errors: ReadonlyMap<string, StructShape>;
  /** Whether a thrown value is one of this client module's exceptions. */
  isOwnException(error: unknown): boolean;
}

const OPERATION_TAG = 9;
const ERROR_TAG = -3;
const SYNTHETIC_NAMESPACE = "smithy.ts.sdk.synthetic.";

/** Reads a client module's schemas. @throws Error when the module is no AWS SDK v3 client. */
export function readServiceModel(module: ClientModule): ServiceModel {
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, StructShape>();
  let baseName: string | undefined;
  for (const value of Object.values(module) as unknown[]) {
    if (isOperation(value)) {
      operations.set(value[2], readOperation(value));
    } else if (isError(value)) {
      if (value[1].startsWith(SYNTHETIC_NAMESPACE)) {
        baseName = value[2];
        continue;
      }
      const shape = shapeOf(value);
      if (isStruct(shape)) errors.set(shape.name, shape);
    }
  }
  const base = baseName === undefined ? undefined : exported(module, baseName);
  if (typeof base !== "function") throw new Error("not an AWS SDK v3 client module: it exports no base exception");
  return { ...readSettings(module), operations, errors, isOwnException: (error) => error instanceof base };
}

function isOperation(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === OPERATION_TAG && typeof value[2] === "string";
}

function isError(value: unknown): value is StaticErrorSchema {
  return Array.isArray(value) && value[0] === ERROR_TAG && typeof value[2] === "string";
}

function exported(module: ClientModule, name: string): unknown {
  return Reflect.get(module, name);
}

function readOperation(schema: StaticOperationSchema): OperationModel {
  return {
    name: schema[2],
    input: shapeOf(schema[4]),
    output: shapeOf(schema[5]),
    traits: typeof schema[3] === "object" ? schema[3] : {},
  };
}

type Settings = Pick<ServiceModel, "protocol" | "target" | "version" | "xmlNamespace" | "queryCompatible">;

/** A client's configuration is the only place where a package says how its service is spoken to. */
function readSettings(module: ClientModule): Settings {
  const config = property(clientInstance(module), "config");
  const settings = property(config, "protocolSettings");
  const protocol = property(config, "protocol");
  const shapeId = callShapeId(protocol);
  const name = PROTOCOL_BY_SHAPE_ID[shapeId];
  if (!name) throw new Error(`protocol ${shapeId} is not supported`);
  const text = (key: string): string => {
    const value = property(settings, key);
    return typeof value === "string" ? value : "";
  };
  return {
    protocol: name,
    target: text("serviceTarget"),
    version: text("version"),
    xmlNamespace: text("xmlNamespace"),
    queryCompatible: property(settings, "awsQueryCompatible") === true,
  };
}

const PROTOCOL_BY_SHAPE_ID: Record<string, ProtocolName | undefined> = {
  "aws.protocols#restJson1": "restJson1",
  "aws.protocols#restXml": "restXml",
  "aws.protocols#awsJson1_0": "awsJson1_0",
  "aws.protocols#awsJson1_1": "awsJson1_1",
  "aws.protocols#awsQuery": "awsQuery",
  "smithy.protocols#rpcv2Cbor": "rpcv2Cbor",
};

function clientInstance(module: ClientModule): unknown {
  const name = Object.keys(module).find((key) => /^[A-Z][A-Za-z0-9]*Client$/.test(key));
  const clientClass = name === undefined ? undefined : exported(module, name);
  if (typeof clientClass !== "function") throw new Error("not an AWS SDK v3 client module: it exports no client class");
  return Reflect.construct(clientClass, [{}]);
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function callShapeId(protocol: unknown): string {
  const method = property(protocol, "getShapeId");
  return typeof method === "function" ? String(Reflect.apply(method, protocol, [])) : "";
}
