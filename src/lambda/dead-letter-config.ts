/** DeadLetterConfig as it is asked for: the queue or topic that gets events which failed for good, and what AWS refuses as one. */
import { type Place, parseArn } from "../wire/index.ts";
import { invalidParameter } from "./errors.ts";
import type { FunctionSettings } from "./records.ts";

/** The settings with another target; an empty one takes it away, none leaves it as it is. */
export function withDeadLetterTarget(
  settings: FunctionSettings,
  given: { readonly TargetArn?: string | undefined } | undefined,
  place: Place,
): FunctionSettings {
  const target = given?.TargetArn;
  if (target === undefined) return settings;
  requireDeadLetterTarget(target, place);
  const { deadLetterTarget: _before, ...rest } = settings;
  const { DeadLetterConfig: _kept, ...withoutEffect } = rest.withoutEffect;
  return { ...rest, withoutEffect, ...(target !== "" && { deadLetterTarget: target }) };
}

function requireDeadLetterTarget(target: string, place: Place): void {
  if (target === "") return;
  const { service, region, resource = "" } = parseArn(target) ?? {};
  const refuse = (why: string): never => {
    throw invalidParameter(`Invalid dead letter queue ARN: ${why}`);
  };
  if (service !== "sqs" && service !== "sns") {
    refuse("The service specified by the TargetArn is not supported for dead letter configuration.");
  }
  if (region !== place.region) {
    refuse(
      "The resource specified by the TargetArn must be in the same region as the Lambda function it's associated with.",
    );
  }
  if (resource.endsWith(".fifo")) {
    const what = service === "sqs" ? "SQS queue" : "SNS topic";
    refuse(`FIFO ${what} is not supported for dead letter configuration`);
  }
}
