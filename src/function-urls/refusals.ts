/** Answers that do not come from a function, in the words and forms recorded from AWS. */

/** An answer of the service itself. */
export interface Refusal {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const FORBIDDEN =
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/** There is no function URL of this id. */
export function unknownUrl(): Refusal {
  return refusal(403, "AccessDeniedException", { Message: null });
}

/** Nobody granted the caller what the URL's authentication asks for, or the alias is gone. */
export function forbidden(): Refusal {
  return refusal(403, "AccessDeniedException", { Message: FORBIDDEN });
}

/** The signature, or the key that it was made with, does not hold. */
export function badSignature(code: string, message: string): Refusal {
  return refusal(403, code, { message });
}

export function tooLarge(bytesMax: number): Refusal {
  const message = `Request must be smaller than ${bytesMax} bytes for the InvokeFunctionUrl operation`;
  return refusal(413, "RequestEntityTooLargeException", { message });
}

export function throttled(reason: string): Refusal {
  return refusal(429, "TooManyRequestsException", { Reason: reason, Type: "User", message: "Rate Exceeded." });
}

/** The function failed, cannot run, or returned what is no HTTP response. */
export function badGateway(): Refusal {
  return { status: 502, headers: [["Content-Type", "application/json"]], body: "Internal Server Error" };
}

function refusal(status: number, code: string, body: object): Refusal {
  return {
    status,
    headers: [
      ["Content-Type", "application/json"],
      ["x-amzn-ErrorType", code],
    ],
    body: JSON.stringify(body),
  };
}
