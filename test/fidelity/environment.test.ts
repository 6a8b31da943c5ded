/**
 * What a function finds around it: every environment variable that AWS sets and none besides, and in isolation the user,
 * the folders and the limits. Values that cannot be the same everywhere are compared by their form.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, type House, openHouse } from "./support/house.ts";

const NODE = `const { execSync } = require("node:child_process");
const shell = (line) => execSync(line, { encoding: "utf8" }).trim();
exports.handler = async () => ({
  variables: process.env,
  folder: process.cwd(),
  user: require("node:os").userInfo().username,
  modes: shell("stat -c %a /tmp /var/task /opt").split("\\n"),
  written: shell("for f in /x /var/task/x /opt/x /etc/x /var/runtime/x; do touch $f 2>/dev/null && echo $f; done; true"),
  files: shell("ulimit -n"),
});`;
const PYTHON =
  "import os\ndef handler(event, context):\n    return {'variables': dict(os.environ), 'folder': os.getcwd()}\n";
const PATHS = {
  PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
  LD_LIBRARY_PATH: "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
  LAMBDA_TASK_ROOT: "/var/task",
  LAMBDA_RUNTIME_DIR: "/var/runtime",
} as const;
const ALL = {
  LANG: "en_US.UTF-8",
  TZ: ":UTC",
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
  AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
  _AWS_XRAY_DAEMON_PORT: "2000",
  _HANDLER: "index.handler",
  OWN: "value",
} as const;
const FORMS: Readonly<Record<string, RegExp>> = {
  AWS_ACCESS_KEY_ID: /^ASIA[A-Z0-9]{16}$/,
  AWS_SECRET_ACCESS_KEY: /^[A-Za-z0-9/+]{40}$/,
  AWS_SESSION_TOKEN: /^.{100,}$/,
  AWS_LAMBDA_LOG_STREAM_NAME: /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
  AWS_LAMBDA_RUNTIME_API: /^[\d.]+:\d+$/,
  AWS_ENDPOINT_URL: /^http:\/\/localhost:\d+$/,
  AWS_XRAY_DAEMON_ADDRESS: /^[\d.]+:2000$/,
  _AWS_XRAY_DAEMON_ADDRESS: /^[\d.]+$/,
  _X_AMZN_TRACE_ID: /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$/,
};
/** What the C library or the shell of this machine adds, and where the process driver keeps /tmp. */
const MACHINE: ReadonlySet<string> = new Set(["LC_CTYPE", "TMPDIR", "_"]);

const RUNTIMES = [
  {
    runtime: "nodejs22.x",
    files: { "index.js": NODE },
    more: {
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
      PWD: "/var/task",
      SHLVL: "0",
      NODE_PATH:
        "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task",
    },
  },
  {
    runtime: "python3.13",
    files: { "index.py": PYTHON },
    more: { AWS_EXECUTION_ENV: "AWS_Lambda_python3.13", PWD: "/var/task", SHLVL: "0", PYTHONPATH: "/var/runtime" },
  },
] as const;

let house: House;
let isolated = false;

before(async () => {
  house = await openHouse();
  isolated = !/isolation: (process|none)/.test(house.server.output());
});

after(() => house?.[Symbol.asyncDispose]());

for (const { runtime, files, more } of RUNTIMES) {
  test(`${runtime} has AWS's variables and no others`, async () => {
    const name = runtime.replace(".", "-");
    const settings = { Runtime: runtime, MemorySize: 256, Timeout: 30, Environment: { Variables: { OWN: "value" } } };
    const created = await house.create(name, files, settings);
    assert.equal(created.json["State"], "Pending");
    const answer = await house.invoke(name, {});
    assert.equal(answer.status, 200, answer.text);
    const { variables, folder } = Object(answer.json);
    const named = { AWS_LAMBDA_FUNCTION_NAME: name, AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}` };
    const fixed: Record<string, string> = isolated ? { ...ALL, ...PATHS, ...more, ...named } : { ...ALL, ...named };
    for (const [variable, value] of Object.entries(fixed)) assert.equal(variables[variable], value, variable);
    for (const [variable, form] of Object.entries(FORMS)) assert.match(variables[variable], form, variable);
    const known = new Set([...Object.keys({ ...ALL, ...PATHS, ...more, ...named }), ...Object.keys(FORMS)]);
    const others = Object.keys(variables).filter((variable) => !known.has(variable) && !MACHINE.has(variable));
    assert.deepEqual(others, []);
    if (isolated) assert.equal(folder, "/var/task");
  });
}

test("isolated: AWS's user, folders and limits", async () => {
  if (!isolated) return;
  const { json } = await house.invoke("nodejs22-x", {});
  const { user, modes, written, files } = Object(json);
  assert.deepEqual(
    { user, modes, written, files },
    {
      user: "sbx_user1051",
      modes: ["1777", "755", "755"],
      written: "",
      files: "1024",
    },
  );
});

test("runtimes that AWS has retired but still creates run, on their own version or the nearest", async () => {
  const rows = [
    [
      "nodejs18.x",
      { "index.js": "exports.handler = (event, context, callback) => callback(null, process.env.AWS_EXECUTION_ENV);" },
    ],
    [
      "python3.8",
      { "index.py": "import os\ndef handler(event, context):\n    return os.environ['AWS_EXECUTION_ENV']\n" },
    ],
  ] as const;
  for (const [runtime, files] of rows) {
    const name = runtime.replace(".", "-");
    await house.create(name, files, { Runtime: runtime, Timeout: 30 });
    const answer = await house.invoke(name, {});
    assert.equal(answer.text, `"AWS_Lambda_${runtime}"`);
  }
});

test("a runtime that nothing here can run is created as on AWS, becomes Failed, and says why when it is invoked", async () => {
  await house.create("ruby", { "index.rb": "" }, { Runtime: "ruby3.4" });
  const { json } = await house.send("GET", "/2015-03-31/functions/ruby/configuration");
  assert.deepEqual([json["State"], json["StateReasonCode"]], ["Failed", "InvalidRuntime"]);
  const reason = String(json["StateReason"]);
  assert.match(reason, /ruby3\.4/);
  const answer = await house.invoke("ruby", {});
  assert.deepEqual([answer.status, answer.headers["x-amzn-errortype"]], [409, "ResourceConflictException"]);
  assert.ok(String(answer.json["message"]).includes(reason), answer.text);
  assert.equal(json["FunctionArn"], `arn:aws:lambda:us-east-1:${ACCOUNT}:function:ruby`);
});
