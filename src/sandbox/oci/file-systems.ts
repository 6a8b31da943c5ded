/**
 * File systems below /mnt: host folders that several sandboxes share and write to. Each sandbox has a user of its own, so each
 * sees the folder through a map in which what belongs to the folder's owner is its own. Only the folder itself is named here;
 * nothing in it is ever followed or removed.
 */
import { closeSync, mkdirSync, readdirSync, rmdirSync, statSync } from "node:fs";
import type { FileSystemMount } from "../driver.ts";
import { hasErrorCode } from "../errors.ts";
import { setDefaultAccess } from "../linux/default-access.ts";
import { openIdMap } from "../linux/id-map.ts";
import { type DetachedMount, makeBindMount, makeFolders } from "../linux/mounts.ts";
import type { OciHost } from "./host.ts";
import type { PlacedMount } from "./start.ts";

const MNT = "/mnt/";
/** Below it functions would have to be somebody whom the host trusts. */
const ROOT = 0;
const OPEN_TO_ALL = 0o007;

/** Each as the sandbox's user `uid` will see it, at no place yet. */
export async function mountFileSystems(
  host: OciHost,
  fileSystems: readonly FileSystemMount[],
  uid: number,
): Promise<readonly PlacedMount[]> {
  const made: PlacedMount[] = [];
  try {
    for (const { source, target } of fileSystems) made.push({ target, mount: await mountOne(host, source, uid) });
    return made;
  } catch (error) {
    for (const { mount } of made) mount.close();
    throw error;
  }
}

/** Places them below a sandbox's own /mnt on the host, from where they reach the sandbox. */
export function placeFileSystems(mnt: string, mounted: readonly PlacedMount[]): void {
  for (const { target, mount } of mounted) {
    const place = `${mnt}/${target.slice(MNT.length)}`;
    mkdirSync(place, { mode: 0o755 });
    mount.placeAt(place);
  }
}

/** For a sandbox that takes mounts one by one: /mnt with a place for each comes first. */
export function withMnt(mounted: readonly PlacedMount[]): readonly PlacedMount[] {
  if (mounted.length === 0) return [];
  const mnt = makeFolders(mounted.map(({ target }) => target.slice(MNT.length)));
  return [{ target: "/mnt", mount: mnt }, ...mounted];
}

/** Where they are placed, to be unmounted. */
export function fileSystemPlaces(mnt: string): readonly string[] {
  try {
    return readdirSync(mnt).map((name) => `${mnt}/${name}`);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return [];
    throw error;
  }
}

/** Removes the empty places; one that still had a file system on it would refuse, and all that is in it stays. */
export function removeFileSystemPlaces(mnt: string): void {
  for (const place of fileSystemPlaces(mnt)) rmdirSync(place);
}

async function mountOne(host: OciHost, source: string, uid: number): Promise<DetachedMount> {
  const { uid: storedUid, gid: storedGid, mode } = statSync(source);
  if (storedUid !== ROOT && host.options.userNamespace === undefined) {
    try {
      const stored = { uid: storedUid, gid: storedGid };
      const owners = await openIdMap(stored, { uid, gid: uid }, host.children);
      try {
        return makeBindMount(source, { writable: true, owners });
      } finally {
        closeSync(owners);
      }
    } catch (error) {
      host.options.log.warn("owners cannot be mapped: functions write to a file system as strangers", {
        source,
        error,
      });
    }
  }
  // Of strangers, the next one may write only what everybody may.
  if ((mode & OPEN_TO_ALL) === OPEN_TO_ALL) setDefaultAccess(source);
  return makeBindMount(source, { writable: true });
}
