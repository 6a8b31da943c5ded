/**
 * The server's own pages behind the same gate as AWS's APIs: signed for the service `lambent`, with the action that the
 * page stands for. Knows no page.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Gate, type Principal, requestOrigin, ServiceError } from "../wire/index.ts";
import type { KeySecret } from "./identities.ts";

const SERVICE = "lambent";
/** Of a request without a signature. */
const REGION = "us-east-1";

/** What refuses the page to whoever sent the request; undefined where it is open to them. The request has no body. */
export async function openPage(
  gate: Gate & KeyFinder,
  request: IncomingMessage,
  action: `lambent:${string}`,
): Promise<ServiceError | undefined> {
  const { method = "GET", url = "/", headers, rawHeaders } = request;
  const [path = "/", rawQuery = ""] = url.split(/\?(.*)/s);
  try {
    const scraper = WITHOUT_SIGNATURE.has(action) ? await basicSender(gate, headers.authorization) : undefined;
    const sender = scraper ?? (await gate.authenticate({ method, path, rawQuery, headers, rawHeaders }, SERVICE));
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

interface KeyFinder {
  findKey(accessKeyId: string, sessionToken: string | undefined, region: string): Promise<KeySecret | undefined>;
}

/** Pages for programs that cannot sign, as Prometheus cannot: an access key is their user name, its secret the password. */
const WITHOUT_SIGNATURE: ReadonlySet<string> = new Set(["lambent:GetMetrics"]);

/** Undefined for anything but a key and its own secret: then it is looked at as a signature, and refused as one. */
async function basicSender(
  gate: KeyFinder,
  authorization: string | undefined,
): Promise<{ readonly principal: Principal; readonly body?: undefined } | undefined> {
  const [, coded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "") ?? [];
  if (coded === undefined) return undefined;
  const [, accessKeyId = "", secret = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(coded, "base64").toString()) ?? [];
  const key = await gate.findKey(accessKeyId, undefined, REGION);
  return key !== undefined && isSame(key.secretAccessKey, secret) ? { principal: key.principal } : undefined;
}

function isSame(own: string, sent: string): boolean {
  const [left, right] = [own, sent].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

const NOBODY: Principal = {
  kind: "anonymous",
  accountId: "000000000000",
  arn: "arn:aws:iam::000000000000:user/anonymous",
};
