/**
 * The contract between the wire and a service room. A service is `{ client schemas, handlers }`: the wire decodes a
 * request to the operation's typed input, calls the handler, and encodes its output or the modelled exception it threw.
 * Nothing here knows what any operation means.
 */
import type { Readable } from "node:stream";

/** Who makes a call. Established by the wire from the request's credentials; trusted by handlers. */
export interface Principal {
  readonly kind: "anonymous" | "user" | "assumed-role" | "service";
  /** 12 digits. */
  readonly accountId: string;
  /** For example `arn:aws:iam::000000000000:user/lambent` or `arn:aws:sts::000000000000:assumed-role/name/session`. */
  readonly arn: string;
  /** The access key the request was signed with, when there was one. */
  readonly accessKeyId?: string;
  /** Of a service: the resource on whose behalf it calls, which conditions know as `aws:SourceArn`. */
  readonly sourceArn?: string;
  /** Of a service: whose that resource is, `aws:SourceAccount`. */
  readonly sourceAccountId?: string;
}

/** Where a caller works and its resources live. Nothing crosses from one place to another. */
export interface Place {
  /** 12 digits. */
  readonly accountId: string;
  readonly region: string;
}

/** Everything about one request that is not its input. */
export interface Call extends Place {
  /** The `x-amzn-RequestId` of the response: a version 4 UUID. */
  readonly requestId: string;
  /** Signing name of the service, for example `lambda`. */
  readonly service: string;
  readonly operation: string;
  /** `aws`, `aws-cn` or `aws-us-gov`, from the region. */
  readonly partition: string;
  readonly principal: Principal;
  /** The URL clients reach this server at, without a trailing slash, for example `http://localhost:4566`. */
  readonly endpoint: string;
  /** Aborted when the caller has gone away. */
  readonly signal: AbortSignal;
  /** A request header that no schema binds (for example `x-amzn-trace-id`), by its lower-case name. None in process. */
  header(name: string): string | undefined;
  /** Adds a response header that no schema binds (for example `X-Amzn-Trace-Id`). Ignored by the in-process transport. */
  setHeader(name: string, value: string): void;
}

/** The namespace object of an `@aws-sdk/client-*` package: operation schemas `Name$`, commands `NameCommand`, exceptions. */
export type ClientModule = object;

/** Names of all operations of a client module, from its command classes. */
export type OperationName<C extends ClientModule> =
  Extract<keyof C, `${string}Command`> extends infer K
    ? K extends `${infer N}Command`
      ? N extends "" | "$"
        ? never
        : N
      : never
    : never;

type CommandOf<C extends ClientModule, N extends string> = `${N}Command` extends keyof C
  ? C[`${N}Command`] extends abstract new (
      ...args: never[]
    ) => { input: infer I; resolveMiddleware(...args: never[]): infer H }
    ? { input: I; handler: H }
    : never
  : never;

type OutputOf<H> = H extends (...args: never[]) => Promise<{ output: infer O }> ? O : never;

/** What a handler receives: blobs always as bytes, a streaming body as a Readable. */
export type OperationInput<C extends ClientModule, N extends OperationName<C>> = ServerInput<CommandOf<C, N>["input"]>;

/** What a handler returns: the operation's output without `$metadata`; blobs as bytes or text; event streams as async iterables. */
export type OperationOutput<C extends ClientModule, N extends OperationName<C>> = ServerOutput<
  OutputOf<CommandOf<C, N>["handler"]>
>;

/** Members that the model requires are there at every depth, because the wire has validated the input. */
type ServerInput<T> = {
  [K in keyof T]: Record<never, never> extends Pick<T, K> ? ServerValue<T[K]> : Exclude<ServerValue<T[K]>, undefined>;
};
/** The unions of blob payloads, streaming or not, say what callers may pass; handlers get one thing. */
type ServerValue<V> = [Extract<V, ReadableStream | Blob>] extends [never]
  ? [Extract<V, ArrayBuffer>] extends [never]
    ? ServerVariant<V>
    : Uint8Array | Extract<V, undefined>
  : Readable | Extract<V, undefined>;
type ServerVariant<V> = V extends { transformToByteArray: unknown }
  ? Readable
  : V extends Uint8Array | Date | AsyncIterable<unknown> | string | number | bigint | boolean | null | undefined
    ? V
    : V extends readonly (infer E)[]
      ? Exclude<ServerValue<E>, undefined>[]
      : V extends object
        ? ServerInput<V>
        : V;
type ServerOutput<T> = { [K in keyof Omit<T, "$metadata">]: ServerOutputMember<T[K]> };
type ServerOutputMember<V> = V extends { transformToString: unknown } ? Uint8Array | string | Readable : V;

/** One operation of a service. Throws the client module's own modelled exceptions; anything else becomes InternalFailure. */
export type Handler<C extends ClientModule, N extends OperationName<C>> = (
  input: OperationInput<C, N>,
  call: Call,
) => Promise<OperationOutput<C, N>>;

/** Handlers by operation. An operation of the model without one is answered with a 501 that names it. */
export type Handlers<C extends ClientModule> = { readonly [N in OperationName<C>]?: Handler<C, N> };

/** One thing that a caller must be allowed to do. */
export interface Need {
  /** As the Service Authorization Reference writes it, for example `lambda:InvokeFunction`. */
  readonly action: string;
  /** ARN, or `*` where the action knows no resource. */
  readonly resource: string;
  /** Condition keys of the service, for example `lambda:FunctionArn`, and `aws:RequestTag/…`, `aws:ResourceTag/…`, `aws:TagKeys`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
  /**
   * The policy on the resource, as JSON: null where its kind may have one and it has none. Left out where its kind has
   * none, and then services themselves are not asked for a permission.
   */
  readonly resourcePolicy?: string | null;
  /** The resource's policy alone says who may: what allows the caller elsewhere counts only where this one lets it. */
  readonly resourcePolicyRules?: boolean;
  /** Whose the resource is, where the ARN does not say. Without either it is the caller's account's. */
  readonly ownerAccountId?: string;
}

/** What an operation needs: nothing of a caller who is known, with `[]`; nothing of anybody at all, with `public`. */
export type Needs = readonly Need[] | "public";

/**
 * Says by operation what it needs of its caller; one that is left out needs `service:Operation` on `*`. `input` has been
 * validated. Asked only while requests are authorised; what it throws is the answer.
 */
export type Authorization<C extends ClientModule> = {
  readonly [N in OperationName<C>]?: (input: OperationInput<C, N>, call: Call) => Needs | Promise<Needs>;
};

/** What the first request that names a service loads. */
export interface ServiceModule<C extends ClientModule = ClientModule> {
  /** The client package's namespace: `import * as client from "@aws-sdk/client-lambda"`. */
  readonly client: C;
  readonly handlers: Handlers<C>;
  /** What operations need of their callers. */
  readonly authorization?: Authorization<C>;
  /**
   * The call where it takes place, before needs and handlers see it: moved to the account whose resource the input names.
   * Throws for what that account does not let the caller do. Without it a call stays in its caller's account.
   */
  readonly locate?: (operation: string, input: unknown, call: Call) => Call | Promise<Call>;
}

/** How the wire recognises a service without loading it. */
export interface Service<C extends ClientModule = ClientModule> {
  /** Signing name: the service part of the SigV4 credential scope (`lambda`, `logs`, `sts`, `iam`). */
  readonly name: string;
  /** Further signing names of the same service, for example `s3express`. */
  readonly aliases?: readonly string[];
  /** Key of the constraint table, the models' file name without `.api.json` when it differs from `name`. */
  readonly model?: string;
  /** `X-Amz-Target` prefixes, for example `Logs_20140328`. */
  readonly targets?: readonly string[];
  /** Path prefixes that only this service has, so unsigned requests find it, for example `/2015-03-31/functions`. */
  readonly paths?: readonly RegExp[];
  /** `Version` parameters of query protocols, so an unsigned form finds its service, for example `2011-06-15`. */
  readonly queryVersions?: readonly string[];
  /** Imported lazily: a service that nobody calls costs nothing. */
  load(): Promise<ServiceModule<C>>;
}

/** A typed caller of a service's public API; services reach each other only through this. */
export interface ServiceClient<C extends ClientModule> {
  call<N extends OperationName<C>>(
    operation: N,
    input: OperationInput<C, N>,
    context?: CallContext,
  ): Promise<OperationOutput<C, N>>;
}

/** What a call belongs to. */
export interface CallContext {
  /** Goes as the header X-Amzn-Trace-Id, as AWS's services pass a trace on to each other. */
  readonly traceId: string;
}

/** On whose behalf and where an in-process call is made. */
export interface CallerIdentity {
  readonly principal: Principal;
  readonly region: string;
}
