/** Makes a key's record: id, sealed material, the policy that it begins with. */
import { type Place, partitionOf } from "../../wire/index.ts";
import { makeMaterial, sealMaterial } from "./key-material.ts";
import type { KeySpecName, UsageName } from "./key-specs.ts";
import type { KeyRecord } from "./records.ts";
import type { KmsState } from "./state.ts";

const MATERIAL_ID_BYTES = 32;

export interface NewKey {
  readonly spec: KeySpecName;
  readonly usage: UsageName;
  readonly manager: KeyRecord["manager"];
  readonly description: string;
  readonly multiRegion: boolean;
  readonly policy: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export async function newKey(state: KmsState, place: Place, wanted: NewKey): Promise<KeyRecord> {
  const { random, clock } = state;
  const id = wanted.multiRegion ? `mrk-${random.hex(16)}` : random.uuid();
  const { secret, publicKey } = await makeMaterial(wanted.spec, random);
  const partition = partitionOf(place.region);
  const createdAt = clock.now();
  const material = sealMaterial(await state.sealer(), id, random.hex(MATERIAL_ID_BYTES), secret, createdAt);
  secret.fill(0);
  return {
    id,
    accountId: place.accountId,
    region: place.region,
    partition,
    createdAt,
    description: wanted.description,
    spec: wanted.spec,
    usage: wanted.usage,
    manager: wanted.manager,
    multiRegion: wanted.multiRegion,
    state: "Enabled",
    policy: wanted.policy ?? defaultPolicy(partition, place.accountId),
    tags: wanted.tags,
    materials: [material],
    ...(publicKey && { publicKey: publicKey.toString("base64") }),
    grants: [],
  };
}

/** Source: AWS KMS developer guide, "Default key policy" (of the API). */
function defaultPolicy(partition: string, accountId: string): string {
  return JSON.stringify(
    {
      Version: "2012-10-17",
      Id: "key-default-1",
      Statement: [
        {
          Sid: "Enable IAM User Permissions",
          Effect: "Allow",
          Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    },
    undefined,
    2,
  );
}
