/**
 * Whether a function may be deployed under its code signing configuration: each package of it, code and layers, must be
 * signed by an allowed publisher, not have expired and not have been revoked. A customer of Signer: revocations are asked
 * for. Under Warn everything is let in, told in the log and counted.
 */
import { CodeVerificationFailedException } from "@aws-sdk/client-lambda";
import type { Metric } from "../../base/index.ts";
import { type CallerIdentity, type Place, parseArn, type ServiceClient } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { type LayerUse, placePath } from "../records.ts";
import type { ZipSource } from "../unzip.ts";
import { packageSignature } from "./package-signature.ts";
import type { CodeSigningRecord, PackageSignature } from "./records.ts";

export type SignerModule = typeof import("@aws-sdk/client-signer");
export type SignerClients = (caller: CallerIdentity) => ServiceClient<SignerModule>;

/** As AWS publishes it. */
const VALIDATION_ERRORS: Metric = { namespace: "AWS/Lambda", name: "SignatureValidationErrors", unit: "Count" };
const PLATFORM = "AWSLambda-SHA384-ECDSA";

type Admitting = Pick<ControlPlane, "clock" | "log" | "metrics" | "signer">;

export interface Deployment {
  readonly functionName: string;
  /** As AWS's refusal names it: by its name when it is created, by its ARN later. */
  readonly named: string;
  readonly packages: readonly (PackageSignature | undefined)[];
}

/** Throws CodeVerificationFailedException under Enforce. */
export async function admit(
  plane: Admitting,
  caller: CallerIdentity,
  config: CodeSigningRecord,
  { functionName, named, packages }: Deployment,
): Promise<void> {
  for (const signature of packages) {
    const problem = await problemOf(plane, caller, config, signature);
    if (problem === undefined) continue;
    plane.metrics.record(VALIDATION_ERRORS, {
      accountId: config.accountId,
      region: config.region,
      dimensions: { FunctionName: functionName },
    });
    if (config.policy === "Enforce") throw notVerified(named);
    plane.log.warn("a package is deployed although its signature is not in order", { function: functionName, problem });
  }
}

/**
 * What looks at a function's package before it is kept: reads its signature and admits it, with the function's layers.
 * Undefined without a configuration: then signatures do not matter.
 */
export function inspectorOf(
  plane: ControlPlane,
  caller: CallerIdentity,
  config: CodeSigningRecord | undefined,
  { functionName, named, layers }: Omit<Deployment, "packages"> & { readonly layers: readonly LayerUse[] },
): ((source: ZipSource) => Promise<PackageSignature | undefined>) | undefined {
  if (config === undefined) return undefined;
  return async (source) => {
    const signature = await packageSignature(source, plane.signingRoots);
    const packages = [signature, ...layers.map((layer) => layer.signature)];
    await admit(plane, caller, config, { functionName, named, packages });
    return signature;
  };
}

/** The configuration that an ARN names. */
export function findCodeSigning(plane: ControlPlane, place: Place, arn: string): CodeSigningRecord | undefined {
  const { region, accountId, resource = "" } = parseArn(arn) ?? {};
  const [kind, id = ""] = resource.split(":");
  const isHere = region === place.region && accountId === place.accountId;
  return isHere && kind === "code-signing-config" ? plane.codeSigning.get(placePath(place, id)) : undefined;
}

async function problemOf(
  plane: Admitting,
  caller: CallerIdentity,
  config: CodeSigningRecord,
  signature: PackageSignature | undefined,
): Promise<string | undefined> {
  if (signature === undefined) return "it is not signed";
  if (signature.standing === "stranger" || !config.publishers.includes(signature.profileVersionArn)) {
    return `${signature.profileVersionArn} is not allowed`;
  }
  if (signature.expiresMs <= plane.clock.now()) return "its signature has expired";
  if (plane.signer === undefined) return "nobody can tell whether its signature was revoked";
  const { revokedEntities = [] } = await plane.signer(caller).call("GetRevocationStatus", {
    platformId: PLATFORM,
    profileVersionArn: signature.profileVersionArn,
    jobArn: signature.jobArn,
    signatureTimestamp: new Date(signature.signedMs),
    certificateHashes: [...signature.certificateHashes],
  });
  return revokedEntities.length > 0 ? `revoked: ${revokedEntities.join(", ")}` : undefined;
}

function notVerified(named: string): CodeVerificationFailedException {
  const message = `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${named}.`;
  return new CodeVerificationFailedException({ $metadata: {}, Type: "User", message, Message: message });
}
