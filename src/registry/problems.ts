/** What a registry refuses, with the codes of the distribution protocol; ECR's operations have words of their own for them. */

/** Codes of the OCI distribution specification, and the one that its text gives to too many requests. */
export type RegistryCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "TAG_INVALID"
  | "UNAUTHORIZED"
  | "DENIED"
  | "UNSUPPORTED"
  | "TOOMANYREQUESTS";

export class RegistryProblem extends Error {
  override readonly name = "RegistryProblem";
  readonly code: RegistryCode;
  readonly status: number;

  constructor(code: RegistryCode, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
