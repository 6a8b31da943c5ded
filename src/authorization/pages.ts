/**
 * The server's own pages behind the same gate as AWS's APIs: signed for the service `lambent`, with the action that the
 * page stands for. Knows no page.
 */
import type { IncomingMessage } from "node:http";
import { type Gate, type Principal, requestOrigin, ServiceError } from "../wire/index.ts";

const SERVICE = "lambent";
/** Of a request without a signature. */
const REGION = "us-east-1";

/** What refuses the page to whoever sent the request; undefined where it is open to them. The request has no body. */
export async function openPage(
  gate: Gate,
  request: IncomingMessage,
  action: `lambent:${string}`,
): Promise<ServiceError | undefined> {
  const { method = "GET", url = "/", headers, rawHeaders } = request;
  const [path = "/", rawQuery = ""] = url.split(/\?(.*)/s);
  try {
    const sender = await gate.authenticate({ method, path, rawQuery, headers, rawHeaders }, SERVICE);
    sender?.body?.plain?.end();
    const principal = sender?.principal ?? NOBODY;
    const call = { service: SERVICE, principal, accountId: principal.accountId, region: REGION };
    await gate.authorize({ needs: [{ action, resource: "*" }], call, origin: requestOrigin(request) });
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

const NOBODY: Principal = {
  kind: "anonymous",
  accountId: "000000000000",
  arn: "arn:aws:iam::000000000000:user/anonymous",
};
