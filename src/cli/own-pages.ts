/**
 * The server's own pages, signed as AWS's APIs are, because a server that authenticates shows them to nobody else. Of an
 * AWS profile's credentials the SDK knows; then the page is asked for without.
 */
import { UserError } from "../base/index.ts";
import type { ClientConfig } from "./config.ts";

const ANSWER_WAIT_MS = 5_000;

/** The JSON of the page. Throws a UserError for one that is refused, or is not there. */
export async function ownPage(config: ClientConfig, path: `/_lambent/${string}`): Promise<unknown> {
  const url = new URL(`${config.endpoint}${path}`);
  const headers = await signedHeaders(config, url);
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WAIT_MS) });
  if (response.ok) return response.json();
  await response.body?.cancel();
  if (response.status === 403) {
    throw new UserError("page-refused", `${url.href} is not for these credentials.`, {
      nextStep: "take the root user's (`lambent credentials`), or allow the action lambent:* to the user",
    });
  }
  throw new UserError("not-lambent", `${config.endpoint} answers, but not as a Lambent server (${response.status}).`, {
    nextStep: "check --endpoint",
  });
}

async function signedHeaders(
  { credentials, region }: ClientConfig,
  url: URL,
): Promise<Readonly<Record<string, string>>> {
  if (credentials === undefined) return {};
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import("@smithy/signature-v4"),
    import("@smithy/core/checksum"),
  ]);
  const signer = new SignatureV4({ credentials, region, service: "lambent", sha256: Sha256 });
  const { host, hostname, pathname: path, protocol } = url;
  const { headers } = await signer.sign({ method: "GET", protocol, hostname, path, headers: { host } });
  const { host: _sentByFetch, ...rest } = headers;
  return rest;
}
