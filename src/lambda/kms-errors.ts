/**
 * What Lambda says when KMS refuses it: to who configures a function, to who invokes it, and as the function's state. The
 * words are AWS's where they were reported ("CreateGrant", "KMS access was denied"); the others follow the API's model.
 */
import {
  type EnvironmentError,
  KMSAccessDeniedException,
  KMSDisabledException,
  KMSInvalidStateException,
  KMSNotFoundException,
  type StateReasonCode,
} from "@aws-sdk/client-lambda";
import { ServiceError } from "../wire/index.ts";
import { invalidParameter } from "./errors.ts";

interface Refusal {
  readonly because: string;
  readonly reasonCode: Extract<
    StateReasonCode,
    "KMSKeyAccessDenied" | "DisabledKMSKey" | "InvalidStateKMSKey" | "KMSKeyNotFound"
  >;
  readonly Exception:
    | typeof KMSAccessDeniedException
    | typeof KMSDisabledException
    | typeof KMSInvalidStateException
    | typeof KMSNotFoundException;
}

const DENIED: Refusal = {
  because: "KMS access was denied",
  reasonCode: "KMSKeyAccessDenied",
  Exception: KMSAccessDeniedException,
};

/** By the error that KMS answers with. What makes a ciphertext unreadable is told like a missing permission. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  AccessDeniedException: DENIED,
  InvalidCiphertextException: DENIED,
  IncorrectKeyException: DENIED,
  InvalidKeyUsageException: DENIED,
  InvalidArnException: DENIED,
  ValidationException: DENIED,
  DisabledException: {
    because: "the KMS key used is disabled",
    reasonCode: "DisabledKMSKey",
    Exception: KMSDisabledException,
  },
  KMSInvalidStateException: {
    because: "the KMS key used is in an invalid state for Decrypt",
    reasonCode: "InvalidStateKMSKey",
    Exception: KMSInvalidStateException,
  },
  NotFoundException: {
    because: "the KMS key was not found",
    reasonCode: "KMSKeyNotFound",
    Exception: KMSNotFoundException,
  },
};

/** What cannot be decrypted. */
export type Protected = "the environment variables" | "the source code";

/** For who sets a key: what KMS answered when Lambda asked to use it. Other errors are rethrown. */
export function keyNotUsable(error: unknown, subject: "environment variables" | "source code"): Error {
  const { name, message } = kmsError(error);
  return invalidParameter(
    `Lambda was unable to configure access to your ${subject} because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: ${name} KMS Message: ${message}`,
  );
}

/** For who invokes: a 502 of the API. Other errors are rethrown. */
export function notDecrypted(error: unknown, what: Protected): Error {
  const { name, message, refusal } = kmsError(error);
  const text = `Lambda was unable to decrypt ${what} because ${refusal.because}. Please check the function's KMS key settings. KMS Exception: ${name}KMS Message: ${message}`;
  return new refusal.Exception({ $metadata: {}, Type: "User", message: text, Message: text });
}

/** For who reads a configuration. Other errors are rethrown. */
export function notReadable(error: unknown): EnvironmentError {
  const { name, message, refusal } = kmsError(error);
  const because = refusal === DENIED ? "the KMS access was denied" : refusal.because;
  const check = refusal === DENIED ? "Please check your KMS permissions." : "Please check your KMS key settings.";
  return {
    ErrorCode: name,
    Message: `Lambda was unable to decrypt your environment variables because ${because}. ${check} KMS Exception: ${name} KMS Message: ${message}`,
  };
}

/** The reason of a function's state, for an error that `notDecrypted` made. */
export function stateReasonOf(
  error: unknown,
): { readonly reason: string; readonly reasonCode: Refusal["reasonCode"] } | undefined {
  if (!(error instanceof Error)) return undefined;
  const refusal = Object.values(REFUSALS).find(({ Exception }) => error instanceof Exception);
  return refusal && { reason: error.message, reasonCode: refusal.reasonCode };
}

function kmsError(error: unknown): { readonly name: string; readonly message: string; readonly refusal: Refusal } {
  const name = error instanceof ServiceError ? error.code : error instanceof Error ? error.name : "";
  const refusal = Object.hasOwn(REFUSALS, name) ? REFUSALS[name] : undefined;
  if (refusal === undefined || !(error instanceof Error)) throw error;
  return { name, message: error.message, refusal };
}
