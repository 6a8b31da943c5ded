/**
 * A function's variables under the customer's key: encrypted before they are stored, decrypted for who may and for new
 * environments. A customer of KMS: the key is used in the name of who configures, of the function's role, of who reads.
 * Invariant: with a key, variables are in no record in the clear.
 */
import { createHash } from "node:crypto";
import type { EnvironmentResponse } from "@aws-sdk/client-lambda";
import type { FunctionVersion } from "../environments/index.ts";
import { type CallerIdentity, partitionOf, type ServiceClient, ServiceError } from "../wire/index.ts";
import type { CodeSealing } from "./code-store.ts";
import { keyNotUsable, notDecrypted, notReadable } from "./kms-errors.ts";
import type { FunctionSettings } from "./records.ts";
import type { SealedHeader } from "./sealed-code.ts";

export type KmsModule = typeof import("@aws-sdk/client-kms");
const SERVICE = "lambda.amazonaws.com";

export type KmsClients = (caller: CallerIdentity) => ServiceClient<KmsModule>;

type Variables = Readonly<Record<string, string>>;

/** The key of a version; one of before kept it among what had no effect. */
export function kmsKeyOf({ kmsKeyArn, withoutEffect }: FunctionSettings): string | undefined {
  const kept = withoutEffect["KMSKeyArn"];
  return kmsKeyArn ?? (typeof kept === "string" && kept !== "" ? kept : undefined);
}

export class FunctionKeys {
  readonly #kms: KmsClients | undefined;

  /** Without KMS no key can be used, and none is found. */
  constructor(kms: KmsClients | undefined) {
    this.#kms = kms;
  }

  /**
   * `settings`, whose variables are in the clear where `given` has them, as they may be stored. A KMSKeyArn of "" takes the
   * key away. Throws InvalidParameterValueException for a key that cannot be used.
   */
  async sealed(
    settings: FunctionSettings,
    given: { readonly KMSKeyArn?: string | undefined; readonly Environment?: unknown; readonly Role?: unknown },
    functionArn: string,
    caller: CallerIdentity,
  ): Promise<FunctionSettings> {
    const { kmsKeyArn: _key, sealedVariables, variables: clear, withoutEffect, ...rest } = settings;
    const before = kmsKeyOf(settings);
    const key = given.KMSKeyArn === undefined ? before : given.KMSKeyArn || undefined;
    if (key === undefined && before === undefined) return settings;
    // A new role needs a grant; what an old store has in the clear is encrypted at the first change.
    if (key === before && clear === undefined && given.Role === undefined) return settings;
    const { KMSKeyArn: _kept, ...others } = withoutEffect;
    const bare = { ...rest, withoutEffect: others };
    const variables =
      given.Environment === undefined && before !== undefined && sealedVariables !== undefined
        ? await this.#decrypt({ keyArn: before, ciphertext: sealedVariables }, functionArn, caller).catch(
            (error: unknown) => {
              throw keyNotUsable(error, "environment variables");
            },
          )
        : clear;
    if (key === undefined) return { ...bare, ...(variables && { variables }) };
    try {
      const ciphertext = await this.#encrypt(key, variables, { functionArn, role: settings.role }, caller);
      return { ...bare, kmsKeyArn: key, ...(ciphertext !== undefined && { sealedVariables: ciphertext }) };
    } catch (error) {
      throw keyNotUsable(error, "environment variables");
    }
  }

  /** What a reader is shown; undefined where nothing is encrypted. */
  async shown(
    settings: FunctionSettings,
    functionArn: string,
    caller: CallerIdentity,
  ): Promise<EnvironmentResponse | undefined> {
    const { sealedVariables: ciphertext } = settings;
    const keyArn = kmsKeyOf(settings);
    if (ciphertext === undefined || keyArn === undefined) return undefined;
    try {
      return { Variables: { ...(await this.#decrypt({ keyArn, ciphertext }, functionArn, caller)) } };
    } catch (error) {
      return { Error: notReadable(error) };
    }
  }

  /** The variables that a new environment gets, read as its role. Throws the API's KMS exceptions. */
  async variablesOf(version: Opened): Promise<Variables> {
    if (version.sealedVariables === undefined) return version.variables;
    try {
      return await this.#decrypt(version.sealedVariables, version.functionArn, roleOf(version));
    } catch (error) {
      throw notDecrypted(error, "the environment variables");
    }
  }

  /** A new data key for code, under `keyArn`. Throws InvalidParameterValueException for a key that cannot be used. */
  async newCodeKey(keyArn: string, functionArn: string, caller: CallerIdentity): Promise<CodeSealing> {
    const { accountId } = caller.principal;
    const { region } = caller;
    const EncryptionContext = contextOf(functionArn);
    try {
      const kms = this.#client(caller, keyArn);
      await kms.call("CreateGrant", {
        KeyId: keyArn,
        GranteeServicePrincipal: SERVICE,
        Operations: ["Decrypt"],
        Constraints: { EncryptionContextEquals: EncryptionContext },
        Name: createHash("sha256").update(functionArn).digest("hex").slice(0, 32),
      });
      const made = await kms.call("GenerateDataKey", { KeyId: keyArn, KeySpec: "AES_256", EncryptionContext });
      const wrappedKey = Buffer.from(bytesOf(made.CiphertextBlob)).toString("base64");
      return { header: { keyArn, wrappedKey, accountId, region, functionArn }, key: bytesOf(made.Plaintext) };
    } catch (error) {
      throw keyNotUsable(error, "source code");
    }
  }

  /** The data key of code that is there, in the name of Lambda itself. Throws the API's KMS exceptions. */
  async codeKey({ keyArn, wrappedKey, accountId, region, functionArn }: SealedHeader): Promise<Uint8Array> {
    const lambda: CallerIdentity = { principal: { kind: "service", accountId, arn: SERVICE }, region };
    try {
      const { Plaintext } = await this.#client(lambda, keyArn).call("Decrypt", {
        KeyId: keyArn,
        CiphertextBlob: Buffer.from(wrappedKey, "base64"),
        EncryptionContext: contextOf(functionArn),
      });
      return bytesOf(Plaintext);
    } catch (error) {
      throw notDecrypted(error, "the source code");
    }
  }

  async #encrypt(
    KeyId: string,
    variables: Variables | undefined,
    { functionArn, role }: { readonly functionArn: string; readonly role: string },
    caller: CallerIdentity,
  ): Promise<string | undefined> {
    const kms = this.#client(caller, KeyId);
    const EncryptionContext = contextOf(functionArn);
    await kms.call("CreateGrant", {
      KeyId,
      GranteePrincipal: role,
      Operations: ["Encrypt", "Decrypt", "RetireGrant"],
      Constraints: { EncryptionContextEquals: EncryptionContext },
      Name: createHash("sha256").update(`${functionArn}\n${role}`).digest("hex").slice(0, 32),
    });
    if (variables === undefined) return undefined;
    const Plaintext = Buffer.from(JSON.stringify(variables));
    const { CiphertextBlob } = await kms.call("Encrypt", { KeyId, Plaintext, EncryptionContext });
    return Buffer.from(bytesOf(CiphertextBlob)).toString("base64");
  }

  async #decrypt(
    { keyArn, ciphertext }: { readonly keyArn: string; readonly ciphertext: string },
    functionArn: string,
    caller: CallerIdentity,
  ): Promise<Variables> {
    const { Plaintext } = await this.#client(caller, keyArn).call("Decrypt", {
      KeyId: keyArn,
      CiphertextBlob: Buffer.from(ciphertext, "base64"),
      EncryptionContext: contextOf(functionArn),
    });
    const opened: unknown = JSON.parse(Buffer.from(bytesOf(Plaintext)).toString());
    return Object.fromEntries(Object.entries(Object(opened)).map(([name, value]) => [name, String(value)]));
  }

  #client(caller: CallerIdentity, keyArn: string): ServiceClient<KmsModule> {
    if (this.#kms === undefined) throw new ServiceError("NotFoundException", 400, `Key '${keyArn}' does not exist`);
    return this.#kms(caller);
  }
}

type Opened = Pick<
  FunctionVersion,
  "accountId" | "region" | "functionName" | "functionArn" | "roleArn" | "variables" | "sealedVariables"
>;

/** AWS's context for all that belongs to a function. */
function contextOf(functionArn: string): Record<string, string> {
  return { "aws:lambda:FunctionArn": functionArn };
}

function bytesOf(blob: unknown): Uint8Array {
  return blob instanceof Uint8Array ? blob : new Uint8Array();
}

function roleOf({ accountId, region, roleArn, functionName }: Opened): CallerIdentity {
  const role = roleArn.split("/").at(-1) ?? "";
  const arn = `arn:${partitionOf(region)}:sts::${accountId}:assumed-role/${role}/${functionName}`;
  return { principal: { kind: "assumed-role", accountId, arn }, region };
}
