/**
 * Members of the API that change what a request means and that Lambent cannot honour: they are refused, for ignoring
 * them would do something else than was asked for. Settings that only miss an effect are in without-effect.ts.
 */
import { invalidParameter } from "./errors.ts";

const UNSUPPORTED = {
  ImageConfig: "Please don't provide ImageConfig for a function with packageType Zip.",
} as const satisfies Readonly<Record<string, string>>;

/** Throws InvalidParameterValueException for the first member of `input` that is not supported. */
export function requireSupported(input: object): void {
  for (const [member, message] of Object.entries(UNSUPPORTED)) {
    const value: unknown = Reflect.get(input, member);
    if (value !== undefined) throw invalidParameter(message);
  }
}
