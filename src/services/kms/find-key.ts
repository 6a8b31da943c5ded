/**
 * From what a request calls a key (id, ARN, alias, alias's ARN) to its record, and whether its state lets an operation
 * use it. A key whose waiting time is over is gone, and so are its aliases: whoever looks first removes them. AWS's own
 * keys are made when they are first named.
 */
import type { Call, Place } from "../../wire/index.ts";
import { parseArn, partitionOf } from "../../wire/index.ts";
import { AWS_ALIASES, makeAwsManagedKey } from "./aws-managed-keys.ts";
import { aliasNotFound, disabled, invalidKeyId, keyNotFound, otherRegion, pendingDeletion } from "./errors.ts";
import { type AliasRecord, aliasPath, type KeyRecord, keyPath, placePath } from "./records.ts";
import type { KmsState } from "./state.ts";

const UUID = /^[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}$/;
const MULTI_REGION = /^mrk-[a-fA-F0-9]{32}$/;

export function keyArn(key: Pick<KeyRecord, "partition" | "region" | "accountId" | "id">): string {
  return `arn:${key.partition}:kms:${key.region}:${key.accountId}:key/${key.id}`;
}

export function aliasArn(place: Place, name: string): string {
  return `arn:${partitionOf(place.region)}:kms:${place.region}:${place.accountId}:${name}`;
}

/** The key that a request names, in any state. Throws NotFoundException. */
export async function getKey(state: KmsState, call: Place, given: string): Promise<KeyRecord> {
  const { place, name } = placed(call, given);
  if (name.startsWith("alias/")) {
    const alias = await getAlias(state, place, name);
    if (alias === undefined) throw aliasNotFound(aliasArn(place, name));
    return getKey(state, place, alias.keyId);
  }
  if (!UUID.test(name) && !MULTI_REGION.test(name)) throw invalidKeyId(name);
  const key = await state.keys.get(keyPath(place, name));
  if (key === undefined || (await removedIfDue(state, key))) {
    throw keyNotFound(keyArn({ ...place, partition: partitionOf(place.region), id: name }));
  }
  return key;
}

/** As `getKey`, for operations that use the key. Throws also for keys that are disabled or wait for their deletion. */
export async function getUsableKey(state: KmsState, call: Call, given: string): Promise<KeyRecord> {
  const key = await getKey(state, call, given);
  if (key.state === "Disabled") throw disabled(keyArn(key));
  requireNotPending(key);
  return key;
}

export function requireNotPending(key: KeyRecord): void {
  if (key.state === "PendingDeletion") throw pendingDeletion(keyArn(key));
}

/** Changes a key that was found. Throws NotFoundException, and what `change` throws. */
export async function changeKey(
  state: KmsState,
  key: KeyRecord,
  change: (key: KeyRecord) => KeyRecord,
): Promise<KeyRecord> {
  const changed = await state.keys.update(keyPath(key, key.id), change);
  if (changed === undefined) throw keyNotFound(keyArn(key));
  return changed;
}

/** The alias; one of AWS's own is made now. */
export async function getAlias(state: KmsState, place: Place, name: string): Promise<AliasRecord | undefined> {
  const alias = await state.aliases.get(aliasPath(place, name));
  if (alias !== undefined || !AWS_ALIASES.has(name)) return alias;
  await makeAwsManagedKey(state, place, name);
  return state.aliases.get(aliasPath(place, name));
}

/** Account, region and name of what is called `given`. */
function placed(call: Place, given: string): { readonly place: Place; readonly name: string } {
  if (!given.startsWith("arn:")) return { place: call, name: given };
  const arn = parseArn(given);
  if (arn === undefined || arn.service !== "kms") throw invalidKeyId(given);
  if (arn.region !== call.region) throw otherRegion(arn.region);
  const name = arn.resource.startsWith("key/") ? arn.resource.slice("key/".length) : arn.resource;
  return { place: { accountId: arn.accountId, region: arn.region }, name };
}

/** True when the key's waiting time is over; then nothing is left of it. */
async function removedIfDue(state: KmsState, key: KeyRecord): Promise<boolean> {
  if (key.deletionAt === undefined || key.state !== "PendingDeletion") return false;
  if (state.clock.now() < key.deletionAt) return false;
  for await (const { path, value } of state.aliases.scan(placePath(key))) {
    if (value.keyId === key.id) await state.aliases.delete(path);
  }
  await state.keys.delete(keyPath(key, key.id));
  return true;
}

/** Keys of a place, without those that are gone. */
export async function* keysOf(state: KmsState, place: Place, after?: string): AsyncGenerator<KeyRecord> {
  const from = after === undefined ? undefined : keyPath(place, after);
  for await (const { value } of state.keys.scan(placePath(place), from)) {
    if (!(await removedIfDue(state, value))) yield value;
  }
}
