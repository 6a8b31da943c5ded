/**
 * A page of some web site, open in a developer's browser, can send requests to this machine, and a signature is no proof
 * that it did not: any keys are accepted, also in the query of a plain form. So what a browser marks as coming from
 * another site is refused, signed or not; and so is, on loopback, a host name that anybody could have registered and let
 * lead here (DNS rebinding), for which browsers mark nothing. Pages that functions serve from their URLs are foreign too,
 * although their names are local ones: they must not call the API of the server that serves them. Command lines and SDKs
 * send none of all this.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { isLoopback } from "../../base/index.ts";
import { ServiceError } from "../service-error.ts";
import { withoutPort } from "./host.ts";

const LOCAL_NAME = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Names that nobody can register: special-use domains, numbers, and those whose owners let them lead to AWS or to loopback. */
const HARMLESS_DOMAIN =
  /\.(localhost|local|internal|test|lan|home\.arpa|amazonaws\.com(\.cn)?|api\.aws|on\.aws|localhost\.localstack\.cloud|\d+)$/;

const FUNCTION_URL = /\.lambda-url\./;

export interface Arrival {
  readonly headers: IncomingHttpHeaders;
  /** The name by which the client called this server. */
  readonly host: string | undefined;
  /** Where the connection arrived. */
  readonly localAddress: string | undefined;
}

/** @throws ServiceError AccessDeniedException */
export function refuseForeignPages({ headers, host, localAddress = "127.0.0.1" }: Arrival): void {
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  // Names below one domain are one site to a browser, and requests to load something do not say from which of them.
  const isNeighbour = site === "same-site" && origin === undefined && host !== undefined && isBelow(withoutPort(host));
  if (site === "cross-site" || isNeighbour || (origin !== undefined && !isLocal(origin))) {
    throw denied("Requests from web pages of other sites are not accepted.");
  }
  if (host === undefined || host === harmlessHost) return;
  if (!couldBeAnybodys(withoutPort(host).toLowerCase())) harmlessHost = host;
  else if (isLoopback(localAddress)) {
    throw denied(`The name ${host.slice(0, 256)} is not one of this machine's: use localhost or an IP address.`);
  }
}

/** The last one that was looked at: nearly all requests to a server name the same. */
let harmlessHost: string | undefined;

function isLocal(origin: string): boolean {
  const name = URL.parse(origin)?.hostname ?? "";
  return LOCAL_NAME.test(name) && !FUNCTION_URL.test(name);
}

function couldBeAnybodys(name: string): boolean {
  return isBelow(name) && !HARMLESS_DOMAIN.test(name);
}

function isBelow(name: string): boolean {
  return name.includes(".") && isIP(name.replace(/^\[|\]$/g, "")) === 0;
}

function denied(message: string): ServiceError {
  return new ServiceError("AccessDeniedException", 403, message);
}
