/**
 * What a function may do to its own process, once for Node.js and once for Python, through the unmodified SDK against a
 * real server: the caller gets AWS's error, the next invocation a fresh process in the same environment with its /tmp, and
 * a neighbour that is asked all the while never notices. One function runs the code that its event brings.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { startServer, type TestServer } from "./support/server.ts";
import { zip } from "./support/zip.ts";

const NODE = `
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
const require = createRequire(import.meta.url);
const fs = require("node:fs");
const kept = { process: randomUUID() };
const note = require("node:os").tmpdir() + "/note";
const frame = (type, header, body) => {
  const [head, tail] = [Buffer.from(JSON.stringify(header)), Buffer.from(body)];
  const fixed = Buffer.alloc(9);
  fixed.writeUInt32BE(5 + head.length + tail.length, 0);
  fixed.writeUInt8(type, 4);
  fixed.writeUInt32BE(head.length, 5);
  fs.writeSync(3, Buffer.concat([fixed, head, tail]));
};
const forever = () => new Promise(() => setInterval(() => undefined, 1000));
const AsyncFunction = (async () => {}).constructor;
export const handler = async (event, { awsRequestId, logStreamName }) => {
  const found = fs.existsSync(note) ? fs.readFileSync(note, "utf8") : undefined;
  fs.writeFileSync(note, kept.process, { mode: 0o600 });
  const run = new AsyncFunction("id", "kept", "fs", "frame", "forever", event.code ?? "");
  return { answer: await run(awsRequestId, kept, fs, frame, forever), process: kept.process, found, logStreamName };
};`;

const PYTHON = `
import json, os, signal, struct, sys, tempfile, time, uuid

kept = {"process": str(uuid.uuid4())}
note = tempfile.gettempdir() + "/note"

def frame(kind, header, body):
    head, tail = json.dumps(header).encode(), body.encode()
    os.write(3, struct.pack(">IBI", 5 + len(head) + len(tail), kind, len(head)) + head + tail)

def handler(event, context):
    found = open(note).read() if os.path.exists(note) else None
    with open(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(kept["process"])
    names = {"id": context.aws_request_id, "kept": kept, "frame": frame, "os": os, "signal": signal, "sys": sys, "time": time}
    exec(event.get("code", ""), names)
    return {"answer": names.get("answer"), "process": kept["process"], "found": found, "logStreamName": context.log_stream_name}
`;

interface Fault {
  readonly when: string;
  readonly code: Readonly<Record<"node" | "python", string>>;
  readonly errorType: string;
  /** AWS's text after `Error: `. */
  readonly message: string;
  /** What ends the REPORT line. */
  readonly report: string;
}

const exited = (message: string): Pick<Fault, "errorType" | "message" | "report"> => ({
  errorType: "Runtime.ExitError",
  message,
  report: "Status: error\tError Type: Runtime.ExitError\n",
});
const KILLED = exited("Runtime exited with error: signal: killed");
const TIMED_OUT = {
  errorType: "Sandbox.Timedout",
  message: "Task timed out after 2.00 seconds",
  report: "Status: timeout\n",
};

const FAULTS: readonly Fault[] = [
  {
    when: "it exits with 0",
    code: { node: "process.exit(0)", python: "sys.exit(0)" },
    ...exited("Runtime exited without providing a reason"),
  },
  {
    when: "it exits with 1",
    code: { node: "process.exit(1)", python: "os._exit(1)" },
    ...exited("Runtime exited with error: exit status 1"),
  },
  {
    when: "it kills itself",
    code: { node: "process.kill(process.pid, 'SIGKILL'); await forever()", python: "os.kill(os.getpid(), 9)" },
    ...KILLED,
  },
  {
    when: "it is aborted",
    code: { node: "process.abort()", python: "os.abort()" },
    ...exited("Runtime exited with error: signal: aborted"),
  },
  {
    when: "it takes memory until it is killed",
    code: {
      node: "for (const hold = []; ; ) hold.push(Buffer.alloc(4 << 20, 1))",
      python: "hold = []\nwhile True: hold.append(b'x' * (4 << 20))",
    },
    errorType: "Runtime.OutOfMemory",
    message: "Runtime exited with error: signal: killed",
    report: "Max Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory\n",
  },
  { when: "it spins beyond its time", code: { node: "for (;;);", python: "while True: pass" }, ...TIMED_OUT },
  {
    when: "it blocks signals and sleeps beyond its time",
    code: {
      node: "for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {}); await forever()",
      python: "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); time.sleep(1000)",
    },
    ...TIMED_OUT,
  },
  {
    when: "it would answer only after its time",
    code: {
      node: "setTimeout(() => frame(19, { requestId: id }, '\"late\"'), 2500); await forever()",
      python: "time.sleep(2.5); frame(19, {'requestId': id}, '\"late\"')",
    },
    ...TIMED_OUT,
  },
  {
    when: "it closes its channel",
    code: { node: "fs.closeSync(3); await forever()", python: "os.close(3); time.sleep(1000)" },
    ...KILLED,
  },
  {
    when: "it writes garbage on its channel",
    code: {
      node: "fs.writeSync(3, Buffer.alloc(64, 255)); await forever()",
      python: "os.write(3, bytes([255]) * 64); time.sleep(1000)",
    },
    ...KILLED,
  },
];

const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const neighbour = { asking: true, answers: 0, failures: [] as string[], done: Promise.resolve() };
let server: TestServer;
let client: LambdaClient;
let contained = false;

before(async () => {
  server = await startServer();
  contained = !/no isolation/.test(server.output());
  client = new LambdaClient({ endpoint: server.url, region: "us-east-1", credentials, maxAttempts: 1 });
  await deploy("node", "nodejs22.x", { "index.mjs": NODE });
  await deploy("python", "python3.12", { "index.py": PYTHON });
  await deploy("neighbour", "nodejs22.x", { "index.mjs": "export const handler = async () => 'served';" });
  neighbour.done = askNeighbour();
});

after(async () => {
  neighbour.asking = false;
  await neighbour.done;
  client.destroy();
  await server[Symbol.asyncDispose]();
  assert.deepEqual(neighbour.failures, []);
  assert.ok(neighbour.answers > 50, `the neighbour was served ${neighbour.answers} times`);
});

for (const runtime of ["node", "python"] as const) {
  for (const { when, code, errorType, message, report } of FAULTS) {
    test(`${runtime}: when ${when}, the caller is told and the next invocation has a fresh process`, async () => {
      if (errorType === "Runtime.OutOfMemory" && !contained) return;
      const before = JSON.parse((await invoke(runtime)).payload);
      const fault = await invoke(runtime, code[runtime]);
      const errorMessage = `RequestId: ${fault.requestId} Error: ${message}`;
      assert.deepEqual(JSON.parse(fault.payload), { errorType, errorMessage });
      assert.equal(fault.functionError, "Unhandled");
      assert.ok(fault.log.endsWith(report), fault.log);
      assert.match(
        fault.log,
        new RegExp(`END RequestId: ${fault.requestId}\\nREPORT RequestId: ${fault.requestId}\\t`),
      );
      const next = await invoke(runtime);
      const fresh = JSON.parse(next.payload);
      assert.equal(next.functionError, undefined, next.payload);
      assert.notEqual(fresh.process, before.process);
      assert.deepEqual([fresh.logStreamName, fresh.found], [before.logStreamName, before.process]);
      assert.doesNotMatch(next.log, /Init Duration/);
    });
  }

  test(`${runtime}: of two answers the first counts, and one to a former request is nobody's`, async () => {
    const twice = {
      node: "frame(19, { requestId: id }, '\"first\"'); kept.former = id; return 'second'",
      python: "frame(19, {'requestId': id}, '\"first\"'); kept['former'] = id",
    };
    const { payload, functionError } = await invoke(runtime, twice[runtime]);
    assert.deepEqual([payload, functionError], ['"first"', undefined]);
    const former = {
      node: "frame(19, { requestId: kept.former }, '\"stale\"'); frame(20, { requestId: 'nobody', errorType: 'E' }, '{}'); return 'own'",
      python:
        "frame(19, {'requestId': kept['former']}, '\"stale\"'); frame(20, {'requestId': 'nobody', 'errorType': 'E'}, '{}'); answer = 'own'",
    };
    assert.equal(JSON.parse((await invoke(runtime, former[runtime])).payload).answer, "own");
    assert.equal(JSON.parse((await invoke(runtime)).payload).answer ?? null, null);
  });

  test(`${runtime}: a hundred megabytes of log slow down nobody else, and the answer and the end of the log arrive`, async () => {
    const flood = {
      node: "const line = 'y'.repeat(1 << 20) + '\\n'; for (let n = 0; n < 100; n += 1) fs.writeSync(1, line); return 'written'",
      python:
        "line = 'y' * (1 << 20) + '\\n'\nfor n in range(100): sys.stdout.write(line)\nsys.stdout.flush(); answer = 'written'",
    };
    const { payload, log } = await invoke(runtime, flood[runtime], "patient");
    assert.equal(JSON.parse(payload).answer, "written");
    assert.match(log, /REPORT RequestId: .*\n$/);
    assert.ok(log.length <= 4096);
  });
}

/** With `more` set to `patient`, the function that has the same code and a minute of time. */
async function invoke(name: string, code?: string, more = "") {
  const { Payload, FunctionError, LogResult, $metadata } = await client.send(
    new InvokeCommand({ FunctionName: name + more, Payload: JSON.stringify({ code }), LogType: "Tail" }),
  );
  return {
    payload: Buffer.from(Payload ?? []).toString(),
    functionError: FunctionError,
    log: Buffer.from(LogResult ?? "", "base64").toString(),
    requestId: $metadata.requestId ?? "",
  };
}

async function deploy(
  name: string,
  Runtime: "nodejs22.x" | "python3.12",
  files: Record<string, string>,
): Promise<void> {
  const Code = { ZipFile: await zip(files) };
  const Role = "arn:aws:iam::000000000000:role/lambda";
  for (const [FunctionName, Timeout] of [
    [name, 2],
    [`${name}patient`, 60],
  ] as const) {
    await client.send(
      new CreateFunctionCommand({ FunctionName, Runtime, Handler: "index.handler", Role, Code, Timeout }),
    );
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName });
  }
}

async function askNeighbour(): Promise<void> {
  while (neighbour.asking) {
    const { payload } = await invoke("neighbour", undefined, "patient");
    neighbour.answers += 1;
    if (payload !== '"served"') neighbour.failures.push(payload);
  }
}
