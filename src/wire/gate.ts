/**
 * The two questions that the wire asks of each request where a gate is set: who sent it, and may they. The gate knows
 * credentials and policies; the wire knows when to ask. Without a gate nobody is asked, and it costs nothing.
 */
import type { IncomingHttpHeaders } from "node:http";
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
  /** A body that is not aws-chunked: each piece as it came, before any other coding is undone, then the end. */
  readonly plain: { push(bytes: Uint8Array): void; end(): void } | undefined;
  /** An aws-chunked body: each chunk with its signature (undefined where it has none), the last one empty, then trailers. */
  readonly chunked:
    | {
        push(bytes: Uint8Array): void;
        endChunk(signature: string | undefined): void;
        /** Trailers as they came, line by line, without `x-amz-trailer-signature`. */
        end(trailers: ReadonlyMap<string, string>): void;
      }
    | undefined;
}

/** A request whose sender is known. */
export interface Authenticated {
  readonly principal: Principal;
  readonly body: BodyCheck | undefined;
}

/** One question to `authorize`. */
export interface AccessRequest {
  readonly needs: Needs;
  readonly call: Call;
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
