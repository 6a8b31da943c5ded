/** What STS is given: its client package's types, its ports, and how it reaches IAM. What it keeps is in sessions.ts. */
import type * as client from "@aws-sdk/client-sts";
import type { Clock, Random } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import type { IamApi } from "./role-ids.ts";

export type StsClient = typeof client;

export interface StsPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

export interface StsOptions extends StsPorts {
  /** Gives AssumeRole the ids of roles; without it they are derived from the roles' names. */
  readonly iamClient?: IamApi;
}
