/**
 * For tests: an OpenID Connect provider on a free port of localhost, with a certificate that signs itself, which the machine
 * does not trust and IAM is told the thumbprint of.
 */

import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";

/** Made for this file alone, for the name localhost, until 2126. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUbdNK7XPCzN27ZZ2cEolcYQwIK9cwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTAzMjQxOFoYDzIxMjYxMTAx
MDMyNDE4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASkr7MhLE7ok0+FLCgzzPbP//BYbMsC3j8muk6HWHhtMBjklgLPVF2n
5nkzMr1x8v9YWghHBAaH0eVCFMRnpTgxo2kwZzAdBgNVHQ4EFgQUofwYNaPUPDZz
j08aq0U7byCw/EAwHwYDVR0jBBgwFoAUofwYNaPUPDZzj08aq0U7byCw/EAwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAKe537Pfrars3uNdifMPR3CICd7I+6etQAvqw+DVO75MAiEA0YFWyA0g
R0sYJXfanzxV818jj9WZf+ik83ICOwg2Do4=
-----END CERTIFICATE-----
`;
const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgE448u4V9lwre+ox/
7kXNUujlX7qTCc5f0Jz+3qOwlTyhRANCAASkr7MhLE7ok0+FLCgzzPbP//BYbMsC
3j8muk6HWHhtMBjklgLPVF2n5nkzMr1x8v9YWghHBAaH0eVCFMRnpTgx
-----END PRIVATE KEY-----
`;

export interface IdentityProvider extends AsyncDisposable {
  /** `https://localhost:1234` */
  readonly issuer: string;
  readonly thumbprint: string;
  /** A token with these claims, signed with the provider's key or with `key: "another"`. */
  token(claims: Readonly<Record<string, unknown>>, key?: "another"): string;
}

export async function openIdentityProvider(): Promise<IdentityProvider> {
  const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const another = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...own.publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" };
  const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (request, response) => {
    const isKeys = request.url === "/keys";
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }));
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  const issuer = `https://localhost:${typeof address === "object" ? address?.port : ""}`;
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  return {
    issuer,
    thumbprint: new X509Certificate(CERTIFICATE).fingerprint.replaceAll(":", ""),
    token(claims, key) {
      const signed = `${encode({ alg: "RS256", kid: "k1", typ: "JWT" })}.${encode({ iss: issuer, ...claims })}`;
      const { privateKey } = key === "another" ? another : own;
      return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
