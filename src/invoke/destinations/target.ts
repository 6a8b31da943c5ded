/**
 * What is sent where when an asynchronous event has ended, and the port to the services that it is sent to. Each service
 * has a file beside this one that turns a parcel into one call of its client.
 */
import type { Arn, ServiceClient } from "../../wire/index.ts";
import { hasMembers, type Message, type PutOff } from "../message.ts";

/** A function as the bearer of its role, on whose behalf the services are called. */
export interface RoleBearer {
  readonly accountId: string;
  readonly region: string;
  readonly functionName: string;
  /** Unqualified. */
  readonly functionArn: string;
  readonly roleArn: string;
}

export interface ParcelHeader extends RoleBearer, PutOff {
  /** A dead-letter queue gets the event, a destination the record of what became of it. */
  readonly kind: "destination" | "dead-letter";
  readonly targetArn: string;
  /** Names this parcel in every try to deliver it. */
  readonly parcelId: string;
  readonly requestId: string;
  readonly traceId: string;
  /** Qualified ARN of the function that was invoked. */
  readonly sourceArn: string;
  readonly outcome: "Success" | "Failure";
  /** Epoch milliseconds of the event's end. */
  readonly endedAt: number;
  /** For dead-letter queues: HTTP status of the last try, and the first 1 KB of its error's message. */
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

/** One name for all parcels that tell the same of an event, so that a fault in between does not double them. */
export function onceOnly({ requestId, kind, outcome }: ParcelHeader): string {
  return `${requestId}/${kind}/${outcome}`;
}

/** On its way to one target; the payload is what the target gets. */
export type Parcel = Message<ParcelHeader>;

/** The client packages that deliver, by the service's name in ARNs. */
export interface TargetModules {
  readonly sqs: typeof import("@aws-sdk/client-sqs");
  readonly sns: typeof import("@aws-sdk/client-sns");
  readonly events: typeof import("@aws-sdk/client-eventbridge");
  readonly s3: typeof import("@aws-sdk/client-s3");
}
export type TargetService = keyof TargetModules;

export interface ReachedService<S extends TargetService> {
  readonly client: ServiceClient<TargetModules[S]>;
  /** Where the service answers, for addresses that name it. */
  readonly endpoint: string;
}

/** Services on behalf of a function's role. */
export interface TargetServices {
  /** Undefined when there is no such service. Rejects when the role gives no credentials. */
  reach<S extends TargetService>(
    service: S,
    on: { readonly bearer: RoleBearer; readonly region: string },
  ): Promise<ReachedService<S> | undefined>;
  /** Rejects when the role may not invoke the function, or another account's function does not let it. */
  requireInvoke(bearer: RoleBearer, functionArn: string): Promise<void>;
}

/** Hands a parcel over, whose target has this ARN. Rejects with the service's own error, or with Undeliverable. */
export type Carry<S extends TargetService> = (service: ReachedService<S>, parcel: Parcel, target: Arn) => Promise<void>;

/** No later try can succeed. */
export class Undeliverable extends Error {
  override readonly name = "Undeliverable";
}

const MEMBERS = {
  texts: [
    ...["accountId", "region", "functionName", "functionArn", "roleArn", "kind", "targetArn", "parcelId"],
    ...["requestId", "traceId", "sourceArn", "outcome"],
  ],
  numbers: ["endedAt"],
  optional: ["errorCode", "errorMessage"],
};

export function isParcelHeader(value: unknown): value is ParcelHeader {
  return hasMembers(value, MEMBERS);
}
