/**
 * Container images as this server has them: unpacked in its data folder, from its own repositories and from what its operator
 * named. Where sandboxes have no roots of their own nothing is unpacked, and functions that are images say so.
 */
import { join } from "node:path";
import type { Clock, Log, Random } from "./base/index.ts";
import { type Images, openImages, type Repositories } from "./images/index.ts";
import { overlayMarks, type SandboxDriver } from "./sandbox/index.ts";

export interface ServerImagesOptions {
  readonly config: {
    readonly dataFolder: string;
    readonly imageFolders: readonly string[];
    readonly imageRegistries: readonly string[];
  };
  readonly driver: SandboxDriver;
  readonly repositories: Repositories;
  /** Known once the server listens. */
  readonly address: { readonly url: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** At any other port of this machine there is somebody else. */
function ownNames({ host, port }: URL): readonly string[] {
  return [host, `localhost:${port}`, `127.0.0.1:${port}`];
}

/** For the Lambda room, which knows what is referred to. */
export function serverImages(options: ServerImagesOptions): (isReferenced: (digest: string) => boolean) => Images {
  const { config, driver, repositories, address, clock, random, log } = options;
  const folder = join(config.dataFolder, "images");
  const sources = {
    repositories,
    ownHosts: () => (address.url === "" ? [] : ownNames(new URL(address.url))),
    folders: config.imageFolders,
    registries: config.imageRegistries,
    scratchFolder: folder,
    clock,
    random,
  };
  const marks = driver.isolation.ownRoot ? overlayMarks : undefined;
  return (isReferenced) => openImages({ folder, sources, marks, clock, random, log, isReferenced });
}
