/**
 * Goal: whatever a client of a service may send arrives at the handler, and whatever the handler returns or throws
 * arrives at the client, for every operation and every modelled error. Method: a real SDK client over real HTTP against
 * handlers that record their input and answer with a generated output. A failure prints operation, seed and both values.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type OperationModel, readServiceModel } from "../schema/service-model.ts";
import { eventStreamMember, isStruct, type Shape, type StructShape } from "../schema/shape.ts";
import type { Call, ClientModule, Service } from "../types.ts";
import { arbitraryOf } from "./arbitrary-value.ts";
import { canonical, collected } from "./canonical.ts";
import { serve } from "./serve.ts";

export interface RoundTrip {
  readonly service: string;
  readonly client: ClientModule;
  readonly aliases?: readonly string[];
  /** Further client configuration, for example another protocol. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Members that the client's middleware changes or derives, left out of inputs. */
  readonly omitInput?: readonly string[];
  readonly omitOutput?: readonly string[];
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Members that the client adds by itself, not compared. */
  readonly added?: RegExp;
  /** Operations that the client itself refuses without AWS, with the reason. */
  readonly skipOperations?: Readonly<Record<string, string>>;
  /** Errors that share their query code with another one, which is what query-compatible clients make of them. */
  readonly arrivesAs?: Readonly<Record<string, string>>;
  readonly xmlText: boolean;
  /** Values per operation. */
  readonly runs: number;
}

const SEED = 20_261_124;

interface Sender {
  send(command: object): Promise<object>;
  destroy(): void;
}

/** Exchanges values for every operation; returns what went wrong, one text per operation. */
export async function roundTripOperations(trip: RoundTrip): Promise<{ checked: number; failures: string[] }> {
  const model = readServiceModel(trip.client);
  let received: unknown;
  let answer: unknown;
  await using server = await serve([
    registered(trip, model.operations.keys(), async (input) => {
      received = await collected(input);
      return answer;
    }),
  ]);
  const client = makeClient(trip, server.endpoint);
  const failures: string[] = [];
  let checked = 0;
  for (const operation of model.operations.values()) {
    if (trip.skipOperations?.[operation.name] !== undefined) continue;
    const inputs = samples(operation.input, trip, trip.omitInput, operation);
    const outputs = samples(operation.output, trip, trip.omitOutput, operation);
    for (const [index, input] of inputs.entries()) {
      const output = outputs[index] ?? {};
      answer = asHandlerWould(operation.output, output);
      received = undefined;
      try {
        const result = await collected(await client.send(command(trip.client, operation.name, input)));
        assert.deepEqual(without(canonical(received), trip.added), without(canonical(input), trip.added));
        assert.deepEqual(
          without(canonical(result), trip.added),
          without(canonical(eventsAsList(operation.output, output)), trip.added),
        );
        checked++;
      } catch (error) {
        failures.push(`${operation.name} (seed ${SEED}, run ${index}): ${error}\n${server.logLines.join("")}`);
        break;
      }
    }
  }
  client.destroy();
  return { checked, failures };
}

/** Throws every modelled error from the first operation and compares what the client catches. */
export async function roundTripErrors(trip: RoundTrip): Promise<{ checked: number; failures: string[] }> {
  const model = readServiceModel(trip.client);
  let thrown: unknown;
  await using server = await serve([registered(trip, model.operations.keys(), () => Promise.reject(thrown))]);
  const client = makeClient(trip, server.endpoint);
  const operation =
    [...model.operations.values()].find(({ name }) => /^(List|Describe)/.test(name)) ??
    [...model.operations.values()][0];
  assert.ok(operation);
  const [input = {}] = samples(operation.input, trip, trip.omitInput, operation);
  const failures: string[] = [];
  for (const shape of model.errors.values()) {
    const [members = {}] = samples(
      shape,
      { ...trip, fixed: { message: "what happened", Message: "what happened" } },
      ["Type"],
      operation,
    );
    thrown = exception(trip.client, shape, members);
    try {
      await client.send(command(trip.client, operation.name, input));
      failures.push(`${shape.name}: nothing was thrown`);
    } catch (error) {
      const failure = compareError(error, shape, members, trip.arrivesAs?.[shape.name] ?? shape.name);
      if (failure !== undefined) failures.push(failure);
    }
  }
  client.destroy();
  return { checked: model.errors.size, failures };
}

function compareError(error: unknown, shape: StructShape, members: object, expectedName: string): string | undefined {
  if (!(error instanceof Error)) return `${shape.name}: caught ${String(error)}`;
  try {
    assert.equal(error.name, expectedName);
    assert.equal(error.message, "what happened");
    for (const [name, value] of Object.entries(members)) {
      if (name.toLowerCase() !== "message")
        assert.deepEqual(canonical(Reflect.get(error, name)), canonical(value), name);
    }
    return undefined;
  } catch (cause) {
    return `${shape.name}: ${cause} (caught ${error.name}: ${error.message})`;
  }
}

function registered(
  trip: RoundTrip,
  operations: Iterable<string>,
  handler: (input: unknown, call: Call) => Promise<unknown>,
): Service {
  const handlers = Object.fromEntries([...operations].map((name) => [name, handler]));
  const module = { client: trip.client, handlers };
  const queryVersions = [readServiceModel(trip.client).version];
  return {
    name: trip.service,
    aliases: trip.aliases ?? [],
    model: "unconstrained",
    queryVersions,
    load: () => Promise.resolve(module),
  };
}

function makeClient(trip: RoundTrip, endpoint: string): Sender {
  const name = Object.keys(trip.client).find((key) => /^[A-Z][A-Za-z0-9]*Client$/.test(key)) ?? "";
  const config = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "000000000000", secretAccessKey: "secret" },
    maxAttempts: 1,
    disableHostPrefix: true,
    ...trip.config,
  };
  return construct(trip.client, name, config) as Sender;
}

function command(client: ClientModule, operation: string, input: object): object {
  return construct(client, `${operation}Command`, input);
}

function exception(client: ClientModule, shape: StructShape, members: object): object {
  return construct(client, shape.name, { ...members, message: "what happened", $metadata: {} });
}

function construct(client: ClientModule, name: string, argument: object): object {
  const exported: unknown = Reflect.get(client, name);
  assert.ok(typeof exported === "function", `${name} is not a class`);
  return Reflect.construct(exported, [argument]) as object;
}

function samples(
  shape: Shape,
  trip: RoundTrip,
  omit: readonly string[] | undefined,
  operation: OperationModel,
): object[] {
  const options = {
    xmlText: trip.xmlText,
    fixed: trip.fixed ?? {},
    omit: new Set([...(omit ?? []), ...streamsIn(shape, operation)]),
  };
  return fc.sample(arbitraryOf(shape, options), { seed: SEED, numRuns: trip.runs }) as object[];
}

/** Event streams of requests need HTTP/2 in the SDK. */
function streamsIn(shape: Shape, operation: OperationModel): string[] {
  if (shape !== operation.input || !isStruct(shape)) return [];
  return shape.members.filter((member) => isStruct(member.shape) && member.traits.streaming).map(({ name }) => name);
}

/** An event stream is generated as one event. */
function asHandlerWould(shape: Shape, output: object): object {
  const stream = eventStreamMember(shape);
  const event: unknown = stream && Reflect.get(output, stream.name);
  if (!stream || event === undefined) return output;
  return { ...output, [stream.name]: toStream(event) };
}

function eventsAsList(shape: Shape, output: object): object {
  const stream = eventStreamMember(shape);
  const event: unknown = stream && Reflect.get(output, stream.name);
  return stream && event !== undefined ? { ...output, [stream.name]: [event] } : output;
}

async function* toStream(event: unknown): AsyncGenerator<unknown> {
  yield event;
}

function without(value: unknown, added: RegExp | undefined): unknown {
  if (!added || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !added.test(key)));
}
