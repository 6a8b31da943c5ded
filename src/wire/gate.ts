/**
 * The two questions that the wire asks of each request where a gate is set: who sent it, and may they. The gate knows
 * credentials and policies; the wire knows when to ask. Without a gate nobody is asked, and it costs nothing.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { HttpRequest } from "./http-types.ts";
import type { Call, Need, Needs, Principal } from "./types.ts";

/** A request before its body, as it was sent. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: what was sent twice shows here only. */
  readonly rawHeaders: readonly string[];
}

/** Where a request came from, for conditions. */
export interface Origin {
  /** The client's address; undefined for calls inside the process. */
  readonly sourceIp: string | undefined;
  readonly userAgent: string | undefined;
  readonly secureTransport: boolean;
}

/** What is checked while a body is read. Each throws ServiceError for a body that is not the signed one. */
export interface BodyCheck {
  /** Each piece as it came, before any coding is undone, then the end. */
  readonly plain: { push(bytes: Uint8Array): void; end(): void } | undefined;
  /** The content of aws-chunked: each chunk with its signature (undefined where it has none), the last one empty, then trailers. */
  readonly chunked:
    | {
        push(bytes: Uint8Array): void;
        endChunk(signature: string | undefined): void;
        /** By lower-case name, in the order in which they came, `x-amz-trailer-signature` among them. */
        end(trailers: ReadonlyMap<string, string>): void;
      }
    | undefined;
}

/** A request whose sender is known. */
export interface Authenticated {
  readonly principal: Principal;
  readonly body: BodyCheck | undefined;
}

/** Who asks, and where. */
export type Asker = Pick<Call, "service" | "principal" | "accountId" | "region">;

/** One question to `authorize`. */
export interface AccessRequest {
  readonly needs: Needs;
  readonly call: Asker;
  readonly origin: Origin;
}

export interface Gate {
  /** Undefined for a request without a signature. @throws ServiceError for a signature, key or token that does not hold */
  authenticate(head: RequestHead, service: string): Authenticated | undefined | Promise<Authenticated | undefined>;
  /** @throws ServiceError for what the caller may not do */
  authorize(request: AccessRequest): void | Promise<void>;
}

/** Of an operation whose service says nothing. */
export function defaultNeeds(service: string, operation: string): readonly Need[] {
  return [{ action: `${service}:${operation}`, resource: "*" }];
}

/** Asks the gate about a call of one of the service's operations. @throws what the gate throws */
export async function authorize(
  gate: Gate,
  service: { needs(operation: string, input: unknown, call: Call): Needs | Promise<Needs> },
  input: unknown,
  call: Call,
  origin: Origin,
): Promise<void> {
  const asked = service.needs(call.operation, input, call);
  const needs = asked instanceof Promise ? await asked : asked;
  const answered = gate.authorize({ needs, call, origin });
  if (answered !== undefined) await answered;
}

/** Of calls inside the process. */
export const INSIDE: Origin = { sourceIp: undefined, userAgent: undefined, secureTransport: true };

export function requestOrigin({ socket, headers }: HttpRequest): Origin {
  return {
    sourceIp: socket.remoteAddress?.replace(/^::ffff:/, ""),
    userAgent: headers["user-agent"],
    secureTransport: "encrypted" in socket && socket.encrypted === true,
  };
}
