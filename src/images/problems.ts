/**
 * What can be wrong with an image, by kind; whoever asked words it for its own callers. The message is for people: it names what
 * was found where, and never the content of a file.
 */
export type ImageProblemKind =
  /** The reference leads nowhere by its form. */
  | "not-valid"
  /** Repository, tag or digest is not there. */
  | "does-not-exist"
  /** It is there, or might be, and must not be read. */
  | "no-permission"
  /** A media type or platform that cannot be run. */
  | "not-supported"
  /** Its bytes are not what they say, or would leave their place. */
  | "broken"
  /** More than an image may have. */
  | "too-large"
  /** Its registry cannot be reached now. */
  | "unreachable";

export class ImageProblem extends Error {
  override readonly name = "ImageProblem";
  readonly kind: ImageProblemKind;

  constructor(kind: ImageProblemKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export function broken(message: string): ImageProblem {
  return new ImageProblem("broken", message);
}
