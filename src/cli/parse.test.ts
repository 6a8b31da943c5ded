import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../base/index.ts";
import type { Arguments } from "./command.ts";
import { commands } from "./commands.ts";
import { parse } from "./parse.ts";

async function argumentsOf(...words: readonly string[]): Promise<Arguments> {
  const parsed = await parse(words, commands, "1.2.3");
  assert.equal(parsed.kind, "run");
  return parsed.kind === "run" ? parsed.args : assert.fail();
}

async function complaintOf(...words: readonly string[]): Promise<UserError> {
  try {
    await parse(words, commands, "1.2.3");
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error;
  }
  assert.fail("it parsed");
}

test("options arrive with the types that the table declares", async () => {
  const args = await argumentsOf("deploy", "hello", "--memory", "512", "-e", "A=1", "-e", "B=2", "--watch");
  assert.equal(args.required("source"), "hello");
  assert.equal(args.number("memory"), 512);
  assert.deepEqual(args.list("env"), ["A=1", "B=2"]);
  assert.equal(args.flag("watch"), true);
  assert.equal(args.text("name"), undefined);
});

test("a payload stays as it was written, and a lone dash means @-", async () => {
  assert.equal((await argumentsOf("invoke", "hello", "123")).text("payload"), "123");
  assert.equal((await argumentsOf("invoke", "hello", "-")).text("payload"), "@-");
  assert.equal((await argumentsOf("invoke", "hello", `{"a": 1}`)).text("payload"), `{"a": 1}`);
});

test("an option given twice counts as given last", async () => {
  assert.equal((await argumentsOf("up", "--port", "1", "--port", "2")).number("port"), 2);
});

test("everything after -- belongs to the command that exec runs", async () => {
  const args = await argumentsOf("exec", "--driver", "process", "--", "npm", "test", "--", "--json");
  assert.deepEqual(args.rest, ["npm", "test", "--", "--json"]);
  assert.equal(args.text("driver"), "process");
  assert.equal(args.flag("json"), false);
});

test("a misspelt command gets a suggestion", async () => {
  const { message } = await complaintOf("invok", "hello");
  assert.equal(message, `There is no command "invok". Did you mean invoke?`);
});

test("what does not parse is one sentence and the help to read next", async () => {
  for (const words of [
    ["up", "--bogus"],
    ["up", "extra"],
    ["invoke"],
    ["deploy", "x", "--memory"],
    ["up", "--log-level", "loud"],
  ]) {
    const { code, message, nextStep } = await complaintOf(...words);
    assert.equal(code, "usage");
    assert.match(message, /^[^\n]+\.$/);
    assert.equal(nextStep, `lambent ${words[0]} --help`);
  }
});

test("every command has help with its options and examples", async () => {
  for (const command of commands) {
    const parsed = await parse([command.name, "--help"], commands, "1.2.3");
    assert.equal(parsed.kind, "help");
    const text = parsed.kind === "help" ? parsed.text : "";
    assert.ok(text.includes(command.summary), command.name);
    for (const option of Object.keys(command.options))
      assert.ok(text.includes(`--${option}`), `${command.name} --${option}`);
    assert.ok(command.examples.length > 0 && text.includes("Examples:"), command.name);
  }
});

test("every command's handler can be loaded", async () => {
  for (const command of commands) assert.equal(typeof (await command.load()).run, "function", command.name);
});
