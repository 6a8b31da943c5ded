/**
 * `lambent sign FILE --profile NAME`: has a deployment package signed and writes it beside the original. Only its digests
 * go to the server, so that no S3 is needed.
 */
import { readFile, writeFile } from "node:fs/promises";
import { hasErrorCode, UserError } from "../../base/index.ts";
import {
  appendSignature,
  type DigestedZip,
  digestZip,
  payloadOf,
  SIGNED_BYTES_MAX,
  ZIP_PAYLOAD_FORMAT,
} from "../../signed-code/index.ts";
import { signerAccess } from "../clients.ts";
import type { CommandContext } from "../command.ts";
import { clientConfig } from "../config.ts";

export async function run({ args, terminal, env }: CommandContext): Promise<number> {
  const path = args.required("file");
  const profileName = args.text("profile");
  if (profileName === undefined) {
    throw new UserError("no-signing-profile", "A package is signed with a signing profile, and none was named.", {
      nextStep: "name one with --profile; `aws signer put-signing-profile` makes one",
    });
  }
  const zip = await readPackage(path);
  const digests = await digestsOf(path, zip);
  const { sdk, client } = await signerAccess(clientConfig(args, env));
  try {
    const { signature, jobId } = await client.send(
      new sdk.SignPayloadCommand({ profileName, payload: payloadOf(digests), payloadFormat: ZIP_PAYLOAD_FORMAT }),
    );
    const output = args.text("out") ?? `${path.replace(/\.zip$/, "")}-signed.zip`;
    await writeFile(output, appendSignature(zip, Buffer.from(signature ?? []).toString(), digests));
    if (terminal.json) terminal.data({ signed: output, profile: profileName, job: jobId });
    else terminal.print(`Signed ${output}`);
    return 0;
  } finally {
    client.destroy();
  }
}

async function readPackage(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT") && !hasErrorCode(error, "EISDIR")) throw error;
    throw new UserError("no-package", `There is no package at ${path}.`, { nextStep: "give the path of a zip" });
  }
}

async function digestsOf(path: string, zip: Buffer): Promise<DigestedZip> {
  let digests: DigestedZip;
  try {
    digests = await digestZip(zip, { bytesMax: SIGNED_BYTES_MAX, withFolder: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError("unsignable-package", `${path} cannot be signed: ${why}.`, { nextStep: "make the zip anew" });
  }
  if (digests.signature === undefined) return digests;
  throw new UserError("signed-package", `${path} is signed already.`, { nextStep: "sign the package as it was built" });
}
