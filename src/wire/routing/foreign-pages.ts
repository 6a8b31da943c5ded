/**
 * A page of some web site, open in a developer's browser, can send requests to this machine. It has no keys to sign them
 * with, so unsigned requests that a browser marks as coming from another site are refused; those of local pages, of
 * command lines and of everything that signs are not concerned.
 */
import type { IncomingHttpHeaders } from "node:http";
import { ServiceError } from "../service-error.ts";

const LOCAL_NAME = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @throws ServiceError AccessDeniedException */
export function refuseForeignPages({ headers }: { readonly headers: IncomingHttpHeaders }): void {
  const { origin } = headers;
  const isForeign = headers["sec-fetch-site"] === "cross-site" || (origin !== undefined && !isLocal(origin));
  if (!isForeign) return;
  throw new ServiceError(
    "AccessDeniedException",
    403,
    "Unsigned requests from web pages of other sites are not accepted.",
  );
}

function isLocal(origin: string): boolean {
  return LOCAL_NAME.test(URL.parse(origin)?.hostname ?? "");
}
