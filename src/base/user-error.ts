/**
 * The second of Lambent's two error families. Errors of AWS's API are AWS's modelled exceptions; everything a person did
 * or configured wrongly towards Lambent itself (command line, configuration, host set-up) is a UserError. Anything else
 * that is thrown is a bug.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Stable, kebab-case identifier that scripts and documentation may rely on. */
  readonly code: string;
  /** What the person should do next, as one sentence or command. */
  readonly nextStep: string | undefined;

  constructor(code: string, message: string, options: { readonly nextStep?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.nextStep = options.nextStep;
  }
}
