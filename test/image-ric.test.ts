/** Images as AWS's base images are: `/lambda-entrypoint.sh` and AWS's own runtime interface client, unmodified; and a static program. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { CreateFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { filesLayer } from "../src/environments/testing/image-layers.ts";
import { layerOf, makeImage, type TestImage, writeLayout } from "../src/images/testing/layouts.ts";
import { clientConfiguration } from "./support/functions.ts";
import { goCommand, runtimeClient } from "./support/python.ts";
import { startServer } from "./support/server.ts";

/** As AWS's base images begin: one argument, the handler. */
const ENTRYPOINT = `#!/bin/sh
if [ $# -ne 1 ]; then
  echo "entrypoint requires the handler name to be the first argument" 1>&2
  exit 142
fi
export _HANDLER="$1"
exec /usr/bin/python3 -m awslambdaric "$1"
`;

test("an image with lambda-entrypoint.sh and awslambdaric answers, logs and reports its errors", {
  timeout: 240_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-image-ric-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const base = await pythonLayer(join(folder, "base"));
  const task = filesLayer(join(folder, "task"), {
    "lambda-entrypoint.sh": ENTRYPOINT,
    "var/task/app.py":
      "def handler(event, context):\n    print('in', context.function_name)\n    return {'hello': event['name']}\n",
  });
  const invoke = await deployed(t, folder, {
    layers: [{ tar: layerOf(base) }, { tar: layerOf(task), compression: "gzip" }],
    config: {
      Entrypoint: ["/lambda-entrypoint.sh"],
      Cmd: ["app.handler"],
      WorkingDir: "/var/task",
      Env: ["PATH=/usr/bin:/bin", "LAMBDA_TASK_ROOT=/var/task", "PYTHONHOME=/usr", "LANG=en_US.UTF-8"],
    },
  });
  const greeting = await invoke({ name: "image" });
  assert.deepEqual(greeting.body, { hello: "image" }, greeting.log);
  assert.match(greeting.log, /^in made-of-image$/m);
  const failure = await invoke({});
  assert.equal(failure.error, "Unhandled");
  assert.equal(Object(failure.body).errorType, "KeyError");
  assert.match(failure.log, /\[ERROR\] KeyError: 'name'/);
});

test("a static program alone in its image, without a shell or a library, is a function", {
  timeout: 240_000,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lambent-image-static-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, "root");
  mkdirSync(root);
  await promisify(execFile)(await goCommand(), ["build", "-tags", "lambda.norpc", "-o", join(root, "main"), "."], {
    cwd: join(import.meta.dirname, "../examples/go-hello"),
    env: { ...process.env, CGO_ENABLED: "0", HOME: process.env["HOME"] ?? folder },
  });
  const layers = [{ tar: layerOf(root), compression: "gzip" as const }];
  const invoke = await deployed(t, folder, { layers, config: { Entrypoint: ["/main"] } });
  assert.equal((await invoke({ name: "gopher" })).body, "Hello, gopher!");
});

type Invoke = (
  event: object,
) => Promise<{ readonly body: unknown; readonly error: string | undefined; readonly log: string }>;

async function deployed(
  t: { after(end: () => Promise<void>): void },
  folder: string,
  image: TestImage,
): Promise<Invoke> {
  const layout = writeLayout(join(folder, "layout"), { latest: makeImage(image) });
  const server = await startServer({ args: ["--image-folder", folder] });
  const client = new LambdaClient(clientConfiguration(server));
  t.after(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });
  const FunctionName = "made-of-image";
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      PackageType: "Image",
      Role: "arn:aws:iam::000000000000:role/lambda",
      Code: { ImageUri: `oci:${layout}` },
      MemorySize: 512,
      Timeout: 30,
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 100, minDelay: 0.1, maxDelay: 0.5 }, { FunctionName });
  return async (event) => {
    const Payload = Buffer.from(JSON.stringify(event));
    const answer = await client.send(new InvokeCommand({ FunctionName, LogType: "Tail", Payload }));
    return {
      body: JSON.parse(Buffer.from(answer.Payload ?? []).toString()),
      error: answer.FunctionError,
      log: Buffer.from(answer.LogResult ?? "", "base64").toString(),
    };
  };
}

/** This machine's Python with what it needs, the runtime interface client and a shell, as an image has them. */
async function pythonLayer(root: string): Promise<string> {
  const { python, library, site } = await runtimeClient();
  const version = library.split("/").at(-1) ?? "";
  const inside = join(root, "usr/lib", version);
  const unneeded = /\/(test|idlelib|ensurepip|tkinter|turtledemo|site-packages|__pycache__|config-.*)$/;
  cpSync(library, inside, { recursive: true, dereference: true, filter: (path) => !unneeded.test(path) });
  cpSync(site, join(inside, "site-packages"), {
    recursive: true,
    filter: (path) => !/\/(pip|__pycache__)$/.test(path),
  });
  put(root, realpathSync("/bin/sh"), "/bin/sh");
  put(root, python, "/usr/bin/python3");
  const modules = join(inside, "lib-dynload");
  const client = readdirSync(join(inside, "site-packages")).filter((name) => name.endsWith(".so"));
  for (const file of [
    ...["/bin/sh", python],
    ...readdirSync(modules).map((name) => join(modules, name)),
    ...client.map((name) => join(inside, "site-packages", name)),
  ]) {
    const listed = execFileSync("ldd", [file], { encoding: "utf8" });
    for (const [, path = ""] of listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)) put(root, realpathSync(path), path);
  }
  return root;
}

function put(root: string, source: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  copyFileSync(source, join(root, path));
  chmodSync(join(root, path), 0o755);
}
