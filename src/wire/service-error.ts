/**
 * An error of AWS's API that the service's model does not list: framework errors (ValidationException,
 * SerializationException, AccessDeniedException) and codes that AWS sends without having modelled them. Errors that are
 * modelled are thrown as the client module's own exception classes. The wire shows both in the protocol's form; anything
 * else that is thrown is a bug and becomes InternalFailure.
 */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  /** AWS's error code, for example `AccessDeniedException`. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** Further members of the error's body, by their name on the wire. */
  readonly members: Readonly<Record<string, string | number | boolean>>;
  /** Name of the message's member where the protocol leaves a choice (`message` or `Message`). */
  readonly messageKey: "message" | "Message";

  constructor(
    code: string,
    status: number,
    message: string,
    options: {
      readonly members?: Readonly<Record<string, string | number | boolean>>;
      readonly messageKey?: "message" | "Message";
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.members = options.members ?? {};
    this.messageKey = options.messageKey ?? "Message";
  }
}

/** The request's bytes are not what the operation's schema says; 400, as AWS's front ends answer. */
export function serializationError(message: string, cause?: unknown): ServiceError {
  return new ServiceError("SerializationException", 400, message, cause === undefined ? {} : { cause });
}
