/** What the handlers of KMS share: ports, tables, and the sealer of key material. */
import type * as client from "@aws-sdk/client-kms";
import type { Clock, Random } from "../../base/index.ts";
import { type RecordTable, Sealer, type Store } from "../../store/index.ts";
import { type AliasRecord, aliasTable, type KeyRecord, keyTable } from "./records.ts";

export type KmsClient = typeof client;

export interface KmsPorts {
  readonly store: Pick<Store, "records">;
  readonly clock: Clock;
  readonly random: Random;
}

export interface KmsState extends KmsPorts {
  readonly keys: RecordTable<KeyRecord>;
  readonly aliases: RecordTable<AliasRecord>;
  /** Seals key material; the secret is made by the first who asks. */
  sealer(): Promise<Sealer>;
}

export function createKmsState(ports: KmsPorts): KmsState {
  let sealer: Sealer | undefined;
  return {
    ...ports,
    keys: keyTable(ports.store),
    aliases: aliasTable(ports.store),
    async sealer() {
      sealer ??= await Sealer.of(ports.store.records, ports.random, "kms");
      return sealer;
    },
  };
}
