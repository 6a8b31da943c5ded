/** What the functions of each account and region come to, kept up as they change, so that nobody adds it up over all. */
import type { Place } from "../wire/index.ts";
import { claimedBy } from "./provisioned-settings.ts";
import type { FunctionRecord } from "./records.ts";

export interface Usage {
  readonly functions: number;
  /** Of all versions' zips. */
  readonly codeBytes: number;
  /** Concurrency that functions have for themselves. */
  readonly claimed: number;
}

interface Counted {
  readonly record: FunctionRecord;
  readonly codeBytes: number;
}

const UNUSED: Usage = { functions: 0, codeBytes: 0, claimed: 0 };

export class AccountUsage {
  readonly #byPlace = new Map<string, Usage>();

  of({ accountId, region }: Place): Usage {
    return this.#byPlace.get(`${accountId}/${region}`) ?? UNUSED;
  }

  add(counted: Counted): void {
    this.#change(counted, 1);
  }

  remove(counted: Counted): void {
    this.#change(counted, -1);
  }

  #change({ record, codeBytes }: Counted, sign: 1 | -1): void {
    const before = this.of(record);
    this.#byPlace.set(`${record.accountId}/${record.region}`, {
      functions: before.functions + sign,
      codeBytes: before.codeBytes + sign * codeBytes,
      claimed: before.claimed + sign * claimedBy(record),
    });
  }
}
