/** A pattern that cannot be read. The message is the reason, for the service to put into its own sentence. */
export class InvalidPattern extends Error {
  override readonly name = "InvalidPattern";
}
