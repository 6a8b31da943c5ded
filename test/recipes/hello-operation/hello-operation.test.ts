/** The recipe's operations by the unmodified SDK client, and the recipe's snippets against the room's files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  DeleteFunctionConcurrencyCommand,
  GetFunctionConcurrencyCommand,
  PutFunctionConcurrencyCommand,
} from "@aws-sdk/client-lambda";
import { Served } from "../../../src/lambda/testing/served.ts";
import { assertRecipePrints } from "../support/recipe.ts";

test("the recipe's operations keep, show and forget what they are about, and name what is missing", async () => {
  await using served = await Served.open();
  await served.lambda.create("f", "export const handler = () => 1;");
  const shown = async (FunctionName: string): Promise<number | undefined> =>
    (await served.client.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions;
  await served.client.send(new PutFunctionConcurrencyCommand({ FunctionName: "f", ReservedConcurrentExecutions: 7 }));
  assert.equal(await shown("f"), 7);
  await served.client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: "f" }));
  assert.equal(await shown("f"), undefined);
  await assert.rejects(shown("none"), {
    name: "ResourceNotFoundException",
    message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none",
  });
});

test("the operations are what the recipe prints", () =>
  assertRecipePrints("add-an-operation.md", join(import.meta.dirname, "../../../src/lambda")));
