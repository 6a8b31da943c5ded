/** What can be wrong with a template or its stack, in one place: one sentence for the person, and the next step. */
import { UserError } from "../../base/index.ts";

export function badTemplate(message: string, nextStep = "correct the template", cause?: unknown): UserError {
  return new UserError("bad-template", message, { nextStep, cause });
}

export function badParameter(message: string, nextStep: string): UserError {
  return new UserError("bad-parameter", message, { nextStep });
}

export function unsupported(what: string, nextStep: string): UserError {
  return new UserError("template-unsupported", `${what} is not supported yet.`, { nextStep });
}
