/** The one error of the parser. Its message is AWS's text; the code that it travels under is the service's. */
export class MalformedPolicy extends Error {
  override readonly name = "MalformedPolicy";
}
