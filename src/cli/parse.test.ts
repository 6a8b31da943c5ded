import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../base/index.ts";
import type { Arguments } from "./command.ts";
import { commands } from "./commands.ts";
import { helpOf, overview } from "./help.ts";
import { parse } from "./parse.ts";

function argumentsOf(...words: readonly string[]): Arguments {
  const parsed = parse(words, commands);
  return parsed.kind === "run" ? parsed.args : assert.fail(parsed.kind);
}

function complaintOf(...words: readonly string[]): UserError {
  try {
    parse(words, commands);
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error;
  }
  assert.fail("it parsed");
}

test("options arrive with the types that the table declares", async () => {
  const args = argumentsOf("deploy", "hello", "--memory", "512", "-e", "A=1", "-e", "B=2", "--watch");
  assert.equal(args.required("source"), "hello");
  assert.equal(args.number("memory"), 512);
  assert.deepEqual(args.list("env"), ["A=1", "B=2"]);
  assert.equal(args.flag("watch"), true);
  assert.equal(args.text("name"), undefined);
});

test("a payload stays as it was written", async () => {
  assert.equal(argumentsOf("invoke", "hello", "123").text("payload"), "123");
  assert.equal(argumentsOf("invoke", "hello", "-").text("payload"), "-");
  assert.equal(argumentsOf("invoke", "hello", `{"a": 1}`).text("payload"), `{"a": 1}`);
});

test("an option given twice counts as given last", async () => {
  assert.equal(argumentsOf("up", "--port", "1", "--port", "2").number("port"), 2);
});

test("everything after -- belongs to the command that exec runs", async () => {
  const args = argumentsOf("exec", "--driver", "process", "--", "npm", "test", "--", "--json");
  assert.deepEqual(args.rest, ["npm", "test", "--", "--json"]);
  assert.equal(args.text("driver"), "process");
  assert.equal(args.flag("json"), false);
});

test("options may stand before the command", () => {
  const args = argumentsOf("--json", "--endpoint", "http://localhost:1", "invoke", "hello");
  assert.equal(args.flag("json"), true);
  assert.equal(args.text("endpoint"), "http://localhost:1");
  assert.equal(args.required("name"), "hello");
});

test("a misspelt command or option gets a suggestion, a strange one does not", () => {
  assert.equal(complaintOf("invok", "hello").message, `There is no command "invok". Did you mean invoke?`);
  assert.equal(complaintOf("frobnicate").message, `There is no command "frobnicate".`);
  assert.equal(complaintOf("up", "--prot", "1").message, "up has no option --prot. Did you mean --port?");
});

test("what does not parse is said in one line, with the help to read next", () => {
  const wrong = [
    ["up", "--bogus"],
    ["up", "extra"],
    ["invoke"],
    ["deploy", "x", "--memory"],
    ["deploy", "x", "--memory", "lots"],
    ["up", "--log-level", "loud"],
    ["up", "--ephemeral=yes"],
    ["exec", "npm", "test"],
  ];
  for (const words of wrong) {
    const { code, message, nextStep } = complaintOf(...words);
    assert.equal(code, "usage");
    assert.match(message, /^[^\n]+\.$/);
    assert.equal(nextStep, `lambent ${words[0]} --help`);
  }
});

test("help shows every command, option and example within the terminal's width", () => {
  assert.equal(parse([], commands).kind, "help");
  assert.equal(parse(["--version"], commands).kind, "version");
  const all = overview(commands, 80);
  for (const command of commands) {
    assert.ok(all.includes(command.summary.slice(0, 30)), command.name);
    assert.deepEqual(parse([command.name, "--help"], commands), { kind: "help", command });
    const text = helpOf(command, 80);
    for (const option of Object.keys(command.options))
      assert.ok(text.includes(`--${option}`), `${command.name} --${option}`);
    for (const { line } of command.examples) assert.ok(text.includes(line), line);
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  }
});

test("every command's handler can be loaded", async () => {
  for (const command of commands) assert.equal(typeof (await command.load()).run, "function", command.name);
});
