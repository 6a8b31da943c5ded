/** What the room is given: its client package's types and its ports. */
import type * as client from "@aws-sdk/client-cloudwatch";
import type { Clock } from "../../../src/base/index.ts";
import type { Store } from "../../../src/store/index.ts";

export type CloudWatchClient = typeof client;

export interface HelloPorts {
  readonly store: Store;
  readonly clock: Clock;
}
