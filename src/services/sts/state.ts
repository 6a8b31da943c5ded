/** What STS is given: its client package's types, its ports, and how it reaches IAM. What it keeps is in sessions.ts. */
import type * as client from "@aws-sdk/client-sts";
import type { Clock, Log, Random } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import type { IamApi } from "./iam-lookups.ts";

export type StsClient = typeof client;

export interface StsPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

export interface StsOptions extends StsPorts {
  /** Knows roles and identity providers; without it there are none, and ids follow from names. */
  readonly iamClient?: IamApi;
  readonly log?: Log;
}
