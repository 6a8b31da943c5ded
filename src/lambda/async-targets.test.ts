/** Goal: destinations and dead-letter queues are kept, shown and refused as AWS does. Method: operations called directly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ARN, Harness } from "./testing/harness.ts";

const SOURCE = "export const handler = () => 1;";
const INVALID = "InvalidParameterValueException";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:dead";

test("a dead-letter queue is shown, followed by the invoke path for every version, and taken away by an empty name", async () => {
  await using lambda = await Harness.open();
  const resolved = (qualifier: string): string | undefined => {
    const place = { accountId: "000000000000", region: "us-east-1" };
    const found = lambda.room.directory.resolve({ ...place, functionName: "f", qualifier });
    return found.kind === "resolved" ? found.deadLetterTarget : "not found";
  };
  const created = await lambda.create("f", SOURCE, { DeadLetterConfig: { TargetArn: QUEUE }, Publish: true });
  assert.deepEqual(created.DeadLetterConfig, { TargetArn: QUEUE });
  assert.deepEqual([resolved("$LATEST"), resolved("1")], [QUEUE, QUEUE]);
  const update = (TargetArn?: string) =>
    lambda.call("UpdateFunctionConfiguration", {
      FunctionName: "f",
      ...(TargetArn !== undefined && { DeadLetterConfig: { TargetArn } }),
    });
  assert.deepEqual((await update()).DeadLetterConfig, { TargetArn: QUEUE });
  const topic = "arn:aws:sns:us-east-1:000000000000:dead";
  assert.deepEqual((await update(topic)).DeadLetterConfig, { TargetArn: topic });
  assert.deepEqual([resolved("$LATEST"), resolved("1")], [topic, topic]);
  assert.equal((await update("")).DeadLetterConfig, undefined);
  assert.equal(resolved("1"), undefined);
});

test("a dead-letter queue of another service or region, or a FIFO one, is refused", async () => {
  await using lambda = await Harness.open();
  const why = "Invalid dead letter queue ARN: ";
  const refusals = {
    "arn:aws:s3:::bucket": "The service specified by the TargetArn is not supported for dead letter configuration.",
    "arn:aws:sqs:us-east-1:000000000000:q.fifo": "FIFO SQS queue is not supported for dead letter configuration",
    "arn:aws:sns:us-east-1:000000000000:t.fifo": "FIFO SNS topic is not supported for dead letter configuration",
    "arn:aws:sqs:eu-west-1:000000000000:q":
      "The resource specified by the TargetArn must be in the same region as the Lambda function it's associated with.",
  };
  for (const [TargetArn, text] of Object.entries(refusals)) {
    const creating = lambda.create("f", SOURCE, { DeadLetterConfig: { TargetArn } });
    await assert.rejects(creating, { name: INVALID, message: `${why}${text}` });
  }
});

test("destinations of every service are taken; what can be none is refused in AWS's words", async () => {
  await using lambda = await Harness.open();
  for (const name of ["f", "g"]) await lambda.create(name, SOURCE);
  const put = (outcome: "OnSuccess" | "OnFailure", Destination: string) =>
    lambda.call("PutFunctionEventInvokeConfig", {
      FunctionName: "f",
      DestinationConfig: { [outcome]: { Destination } },
    });
  const bucket = "arn:aws:s3:::bucket";
  for (const arn of [QUEUE, "arn:aws:sns:us-east-1:000000000000:t", ARN("g"), `${ARN("g")}:$LATEST`, bucket]) {
    assert.deepEqual((await put("OnFailure", arn)).DestinationConfig?.OnFailure, { Destination: arn });
  }
  await put("OnSuccess", "arn:aws:events:us-east-1:000000000000:event-bus/default");
  await assert.rejects(put("OnSuccess", bucket), {
    name: INVALID,
    message: `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=${bucket}), onFailure=null) is invalid.`,
  });
  for (const arn of [`${QUEUE}.fifo`, "arn:aws:events:us-east-1:000000000000:rule/r", `${bucket}/key`, ARN("none")]) {
    await assert.rejects(put("OnFailure", arn), { name: INVALID, message: `The destination ARN ${arn} is invalid.` });
  }
  await assert.rejects(put("OnFailure", "arn:aws:sns:us-east-1:000000000000:t.fifo"), {
    name: INVALID,
    message: "FIFO-type Amazon SNS topics aren't supported as a destination.",
  });
  await assert.rejects(put("OnFailure", ARN("f")), {
    name: INVALID,
    message: "You can't specify the function as a destination for itself.",
  });
});
