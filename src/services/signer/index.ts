/**
 * AWS Signer for Lambda's packages: signing profiles, the jobs that sign with them, and what was revoked. Private keys are
 * sealed in the store. Whether a package may be deployed is decided by Lambda.
 */
import type { Service } from "../../wire/index.ts";
import type { SignerClient, SignerPorts } from "./state.ts";

export type { S3Client, SignerClient, SignerPorts } from "./state.ts";

/** The service, ready for the wire. Its client package and handlers are loaded by the first request. */
export function signerService(ports: SignerPorts): Service<SignerClient> {
  return {
    name: "signer",
    paths: [/^\/(signing-profiles|signing-jobs|signing-platforms|revocations)(\/|\?|$)/],
    async load() {
      const [client, { signerHandlers }, { signerAuthorization }] = await Promise.all([
        import("@aws-sdk/client-signer"),
        import("./handlers.ts"),
        import("./authorization.ts"),
      ]);
      return { client, handlers: signerHandlers(ports), authorization: signerAuthorization() };
    },
  };
}

/** DER of the certificate that stands above all signing profiles of this store, as AWS's root is known to Lambda. */
export async function signerRoot(ports: Pick<SignerPorts, "store" | "clock" | "random">): Promise<Buffer> {
  return (await import("./root.ts")).rootCertificate(ports);
}
