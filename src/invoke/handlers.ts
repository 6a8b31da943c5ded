/**
 * Invoke, InvokeAsync and InvokeWithResponseStream: from the API's input to the dispatcher, and its answers and refusals
 * in AWS's words. Loaded with the client package by the first request for Lambda.
 */
import {
  InvalidParameterValueException,
  InvalidRequestContentException,
  InvalidRuntimeException,
  type InvokeWithResponseStreamResponseEvent,
  NoPublishedVersionException,
  RecursiveInvocationException,
  ResourceConflictException,
  ResourceNotFoundException,
  TooManyRequestsException,
} from "@aws-sdk/client-lambda";
import type { Clock, Random } from "../base/index.ts";
import { CapacityExceeded, type InvocationResult } from "../environments/index.ts";
import { type Call, type Handlers, ServiceError } from "../wire/index.ts";
import type { AsyncEngine } from "./async-engine.ts";
import { readClientContext } from "./client-context.ts";
import type { ThrottleReason } from "./concurrency.ts";
import {
  type Admission,
  type Dispatcher,
  type Invocation,
  type InvokeTarget,
  type Refusal,
  Unprovidable,
} from "./dispatcher.ts";
import { EXPLAIN_HEADER, explanationOf } from "./explanation.ts";
import { LIMITS } from "./limits.ts";
import { eventOf, eventProblem, problemText } from "./payload.ts";
import { ResponseStream } from "./response-stream.ts";

export type LambdaModule = typeof import("@aws-sdk/client-lambda");
type Operations = "Invoke" | "InvokeAsync" | "InvokeWithResponseStream";

/** What the three operations have in common. */
interface Input {
  readonly FunctionName: string;
  readonly Qualifier?: string | undefined;
  readonly Payload?: unknown;
  readonly ClientContext?: string | undefined;
  readonly LogType?: string | undefined;
  readonly TenantId?: string | undefined;
  readonly DurableExecutionName?: string | undefined;
}

export interface InvokeHandlersOptions {
  readonly dispatcher: Dispatcher;
  readonly engine: AsyncEngine;
  readonly clock: Clock;
  readonly random: Random;
}

const USER = { $metadata: {}, Type: "User" } as const;

export function invokeHandlers(options: InvokeHandlersOptions): Pick<Handlers<LambdaModule>, Operations> {
  const { dispatcher, engine, clock } = options;

  function begin(
    input: Input,
    given: Uint8Array,
    call: Call,
    maxBytes: number,
  ): { readonly target: InvokeTarget; readonly invocation: Invocation } {
    const payload = eventOf(given);
    if (payload.length > maxBytes) throw tooLarge(payload.length, maxBytes);
    const problem = eventProblem(payload);
    if (problem !== undefined) throw new InvalidRequestContentException({ ...USER, message: problemText(problem) });
    const clientContext = clientContextOf(input.ClientContext);
    requireSupported(input);
    const named = targetOf(input, call);
    const traceId = begun(named, call);
    // A trace that begins here cannot be a loop.
    const continued = call.header("x-amzn-trace-id") !== undefined;
    return {
      target: continued ? { ...named, traceId } : named,
      invocation: {
        requestId: call.requestId,
        payload,
        traceId,
        tail: input.LogType === "Tail",
        ...(clientContext !== undefined && { clientContext }),
        ...(input.TenantId !== undefined && { tenantId: input.TenantId }),
      },
    };
  }

  /** The headers that every invocation answers with, and its trace. */
  function begun(target: InvokeTarget, call: Call): string {
    const traceId = dispatcher.continueTrace(call.header("x-amzn-trace-id"), target);
    call.setHeader("X-Amzn-Trace-Id", traceId);
    call.setHeader("X-Amzn-Remapped-Content-Length", "0");
    return traceId;
  }

  function dryRun(target: InvokeTarget, call: Call): { readonly StatusCode: number } {
    const resolution = dispatcher.resolve(target);
    if (resolution.kind !== "resolved") throw refusalError(resolution, call);
    begun(target, call);
    return { StatusCode: 204 };
  }

  async function admit(target: InvokeTarget, call: Call): Promise<Admission> {
    const outcome = dispatcher.admit(target);
    const admission = outcome instanceof Promise ? await outcome : outcome;
    if (admission.kind === "admitted") return admission;
    throw refusalError(admission, call);
  }

  async function enqueue(target: InvokeTarget, invocation: Invocation, call: Call): Promise<void> {
    const resolution = dispatcher.resolve(target);
    if (resolution.kind !== "resolved") throw refusalError(resolution, call);
    const { requestId, payload, traceId, clientContext, tenantId } = invocation;
    const qualified = resolution.invokedFunctionArn !== resolution.version.functionArn;
    await engine.accept({
      payload,
      header: {
        accountId: resolution.version.accountId,
        region: resolution.version.region,
        functionName: resolution.version.functionName,
        ...(qualified && { qualifier: resolution.qualifier }),
        requestId,
        traceId,
        ...(clientContext !== undefined && { clientContext }),
        ...(tenantId !== undefined && { tenantId }),
        acceptedAt: clock.now(),
        failures: 0,
      },
    });
  }

  return {
    async Invoke(input, call) {
      const type = input.InvocationType ?? "RequestResponse";
      if (type === "DryRun") {
        return dryRun(targetOf(input, call), call);
      }
      const explained = call.header(EXPLAIN_HEADER.toLowerCase()) !== undefined;
      const beganMs = clock.monotonicMs();
      const event = type === "Event";
      const bytesMax = event ? LIMITS.asyncPayloadBytes : LIMITS.syncPayloadBytes;
      const given = input.Payload instanceof Uint8Array ? input.Payload : await collect(input.Payload, bytesMax);
      const { target, invocation } = begin(input, given, call, bytesMax);
      if (event) {
        await enqueue(target, invocation, call);
        return { StatusCode: 202 };
      }
      const admission = await admit(target, call);
      const result = await admission.run(invocation).catch(rethrow);
      if (explained) call.setHeader(EXPLAIN_HEADER, explanationOf(result.report, clock.monotonicMs() - beganMs));
      return {
        StatusCode: 200,
        ExecutedVersion: admission.resolved.executedVersion,
        Payload: result.payload,
        ...(result.functionError !== undefined && { FunctionError: result.functionError }),
        ...(result.logTail !== undefined && { LogResult: base64(result.logTail) }),
      };
    },

    async InvokeAsync(input, call) {
      const { FunctionName, InvokeArgs } = input;
      const given = await collect(InvokeArgs, LIMITS.asyncPayloadBytes);
      const { target, invocation } = begin({ FunctionName }, given, call, LIMITS.asyncPayloadBytes);
      await enqueue(target, invocation, call);
      return { Status: 202 };
    },

    async InvokeWithResponseStream(input, call) {
      if (input.InvocationType === "DryRun") {
        return dryRun(targetOf(input, call), call);
      }
      const given = await collect(input.Payload, LIMITS.syncPayloadBytes);
      const { target, invocation } = begin(input, given, call, LIMITS.syncPayloadBytes);
      const admission = await admit(target, call);
      const stream = new ResponseStream();
      // As on AWS, the function runs to its end when its caller has gone; nobody takes what it writes.
      call.signal.addEventListener("abort", () => stream.abandon(), { once: true });
      const result = admission.run({ ...invocation, stream }).finally(() => stream.end());
      // Whoever reads the stream, or the line after next, hears of a rejection.
      result.catch(() => undefined);
      const contentType = await stream.started;
      if (contentType === undefined) await result.catch(rethrow);
      return {
        StatusCode: 200,
        ExecutedVersion: admission.resolved.executedVersion,
        ResponseStreamContentType: contentType ?? "application/json",
        EventStream: streamedEvents(stream, result),
      };
    },
  };
}

async function* streamedEvents(
  stream: ResponseStream,
  pending: Promise<InvocationResult>,
): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  for await (const bytes of stream.chunks()) yield { PayloadChunk: { Payload: bytes } };
  const result = await pending;
  if (result.functionError === undefined && result.payload.length > 0)
    yield { PayloadChunk: { Payload: result.payload } };
  yield {
    InvokeComplete: {
      // The code is what Invoke says in X-Amz-Function-Error; the error's own type stands in the details.
      ...(result.functionError !== undefined && {
        ErrorCode: result.functionError,
        ErrorDetails: Buffer.from(result.payload).toString(),
      }),
      ...(result.logTail !== undefined && { LogResult: base64(result.logTail) }),
    },
  };
}

function targetOf(input: Pick<Input, "FunctionName" | "Qualifier" | "TenantId">, call: Call): InvokeTarget {
  return {
    accountId: call.accountId,
    region: call.region,
    functionName: input.FunctionName,
    qualifier: input.Qualifier,
    tenantId: input.TenantId,
  };
}

/** What would run differently from what was asked for is refused. */
function requireSupported({ DurableExecutionName }: Input): void {
  if (DurableExecutionName === undefined) return;
  const message = "Lambent does not run durable executions yet. Invoke without an execution name.";
  throw new InvalidParameterValueException({ ...USER, message });
}

function clientContextOf(header: string | undefined): string | undefined {
  const context = readClientContext(header);
  switch (context.kind) {
    case "context":
      return context.json;
    case "too-long":
      throw new InvalidRequestContentException({
        ...USER,
        message: `Client context must be at most ${LIMITS.clientContextBytes} bytes long.`,
      });
    case "malformed":
      throw new InvalidRequestContentException({
        ...USER,
        message: "Client context must be a valid Base64-encoded JSON object.",
      });
  }
}

/** What AWS's API says to an invocation that does not start. */
function refusalError(refusal: Refusal, call: Call): Error {
  switch (refusal.kind) {
    case "not-found":
      return notFound(`Function not found: ${refusal.arn}`);
    case "no-published-version": {
      const message =
        "The function can't be invoked because no published version exists. For functions with capacity provider configuration, either publish a version to $LATEST.PUBLISHED, or specify a published version qualifier.";
      return new NoPublishedVersionException({ ...USER, message, Message: message });
    }
    case "latest-unpublished":
      return new InvalidParameterValueException({
        ...USER,
        message:
          "Functions configured with capacity provider configuration can't be invoked with $LATEST qualifier. To invoke this function, specify a published version qualifier or $LATEST.PUBLISHED.",
      });
    case "other-region":
      return notFound(`Functions from '${refusal.region}' are not reachable in this region ('${call.region}')`);
    case "qualifier-mismatch":
      return new InvalidParameterValueException({
        ...USER,
        message: "The derived qualifier from the function name does not match the specified qualifier.",
      });
    case "malformed":
      return new InvalidParameterValueException({ ...USER, message: `${refusal.text} does not name a function` });
    case "other-account":
      return new ServiceError("AccessDeniedException", 403, "");
    case "throttled":
      return throttled(refusal.reason);
    case "recursive":
      return recursive();
    case "tenant-missing":
      return new InvalidParameterValueException({
        ...USER,
        message:
          "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.",
      });
    case "tenant-unexpected":
      return new InvalidParameterValueException({
        ...USER,
        message:
          "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.",
      });
    case "not-ready": {
      const why = refusal.reason === undefined || refusal.state === "Pending" ? "" : `. ${refusal.reason}`;
      return new ResourceConflictException({
        ...USER,
        message: `The operation cannot be performed at this time. The function is currently in the following state: ${refusal.state}${why}`,
      });
    }
  }
}

function throttled(Reason: ThrottleReason): Error {
  return new TooManyRequestsException({ ...USER, message: "Rate Exceeded.", Reason });
}

function recursive(): Error {
  const message =
    "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.";
  return new RecursiveInvocationException({ ...USER, message, Message: message });
}

function notFound(message: string): Error {
  return new ResourceNotFoundException({ ...USER, message, Message: message });
}

/** AWS's words for a payload of `bytes`, which for events is told before and for the rest by the front end. */
function tooLarge(bytes: number, maxBytes: number): Error {
  const event = maxBytes === LIMITS.asyncPayloadBytes;
  const message = event
    ? `${bytes} byte payload is too large for the Event invocation type (limit ${maxBytes} bytes)`
    : `Request must be smaller than ${maxBytes} bytes for the InvokeFunction operation`;
  return new ServiceError("RequestEntityTooLargeException", 413, message);
}

function rethrow(error: unknown): never {
  if (error instanceof CapacityExceeded) throw throttled("ConcurrentInvocationLimitExceeded");
  if (error instanceof ServiceError && error.code === "AccessDenied") throw roleNotAssumable(error);
  if (!(error instanceof Unprovidable)) throw error;
  throw new InvalidRuntimeException({ $metadata: {}, Type: "Service", message: error.message, Message: error.message });
}

/** STS gave no session of the function's role (from public reports of AWS). */
function roleNotAssumable(cause: ServiceError): ServiceError {
  const message = "The role defined for the function cannot be assumed by Lambda.";
  return new ServiceError("AccessDeniedException", 403, message, { cause });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** A body that comes whole, as a stream, or not at all. */
async function collect(body: unknown, maxBytes: number): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  if (typeof body !== "object" || body === null || !(Symbol.asyncIterator in body)) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(length, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
