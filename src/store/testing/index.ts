/** The contract suite: what a store must do, whatever it is made of. An adapter's test calls it with a way to make one. */
import { blobsContract } from "./blobs.ts";
import { busContract } from "./bus.ts";
import { journalsContract } from "./journals.ts";
import { queuesContract } from "./queues.ts";
import { recordsContract } from "./records.ts";
import type { MakeStore } from "./store-under-test.ts";

export { collect, type MakeStore, type StoreUnderTest } from "./store-under-test.ts";

export function storeContract(make: MakeStore): void {
  recordsContract(make);
  blobsContract(make);
  queuesContract(make);
  journalsContract(make);
  busContract(make);
}
