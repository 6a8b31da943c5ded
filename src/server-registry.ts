/**
 * The door to the registry: an empty one is loaded by the first request to /v2/, the first call of ECR or the first function
 * whose image is in it. Invariant: what it has been given is known before anybody else may remove content of the store.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Repositories } from "./images/index.ts";
import type { RegistryParts, RegistryPartsOptions } from "./server-registry-parts.ts";

/** Under which the registry keeps all of its records. */
const RECORDS = "ecr/";
/** The distribution protocol's paths. */
const PROTOCOL = /^\/v2(?:[/?]|$)/;

export interface ServerRegistry extends AsyncDisposable {
  /** For functions that are images. */
  readonly repositories: Repositories;
  open(): Promise<RegistryParts>;
  /** Whether a repository has content of this hash, so that it must stay. */
  has(hex: string): boolean;
  /** True when the request was the distribution protocol's, and is being answered. */
  take(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Resolves once everything that is in it is known. */
export async function openServerRegistry(options: RegistryPartsOptions): Promise<ServerRegistry> {
  const { store, log } = options;
  let opened: RegistryParts | undefined;
  let opening: Promise<RegistryParts> | undefined;
  const load = async (): Promise<RegistryParts> => {
    const { openRegistryParts } = await import("./server-registry-parts.ts");
    opened = await openRegistryParts(options);
    return opened;
  };
  const open = (): Promise<RegistryParts> => {
    opening ??= load().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  if ((await store.records.list(RECORDS, { limit: 1 })).length > 0) await open();
  return {
    repositories: { open: async (...asked) => (await open()).repositories.open(...asked) },
    open,
    has: (hex) => opened?.registry.content.has(hex) ?? false,
    take(request, response) {
      if (!PROTOCOL.test(request.url ?? "")) return false;
      open().then(
        ({ distribution }) => distribution.answer(request, response),
        (error: unknown) => {
          log.error("the registry cannot be opened", { error });
          response.destroy();
        },
      );
      return true;
    },
    async [Symbol.asyncDispose]() {
      (await opening)?.[Symbol.dispose]();
    },
  };
}
