/** Functions that are container images: what runs in them, on which root, and what is said when it cannot. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { overlayMarks } from "../sandbox/index.ts";
import type { FunctionVersion, ImageOverrides, UnpackedImage } from "./index.ts";
import { functionFile, type House, openHouse, versionOf } from "./testing/house.ts";
import { filesLayer, nodeLayer } from "./testing/image-layers.ts";

const folder = mkdtempSync(join(tmpdir(), "lambent-image-layers-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const base = nodeLayer(join(folder, "base"));
const task = filesLayer(join(folder, "task"), {
  "app/runtime.mjs": readFileSync(functionFile("custom-runtime.mjs"), "utf8"),
});

const IMAGE: UnpackedImage = {
  layers: [base, task],
  entryPoint: ["/usr/bin/node"],
  command: ["runtime.mjs"],
  workingDirectory: "/app",
  variables: { PATH: "/usr/bin", FROM_IMAGE: "image", FROM_BOTH: "image" },
  extensions: [],
};

const openImages = (image: Partial<UnpackedImage> = {}): Promise<House> =>
  openHouse("oci", {
    codeFolders: {
      unpacked: () => Promise.reject(new Error("an image has no zip")),
      image: async () => ({ ...IMAGE, ...image }),
    },
  });

function imageVersion(overrides: ImageOverrides = {}, more: Partial<FunctionVersion> = {}): FunctionVersion {
  const code = { kind: "image", digest: "d".repeat(64), resolvedUri: "r@sha256:d", overrides } as const;
  return versionOf("imaged", { runtime: "image", handler: "", code, ...more });
}

test("an image's entry point serves the Runtime API in its working directory, with the image's variables below the function's", async () => {
  await using house = await openImages();
  const { text, functionError } = await house.invoke(imageVersion({}, { variables: { FROM_BOTH: "function" } }));
  assert.equal(functionError, undefined, text);
  const { variables } = JSON.parse(text);
  assert.equal(variables.PATH, "/usr/bin");
  assert.equal(variables.FROM_IMAGE, "image");
  assert.equal(variables.FROM_BOTH, "function");
  assert.equal(variables.LAMBDA_TASK_ROOT, "/var/task");
  for (const name of ["_HANDLER", "LD_LIBRARY_PATH", "AWS_EXECUTION_ENV", "HOME"]) {
    assert.equal(variables[name], undefined, name);
  }
  assert.deepEqual(
    Object.keys(variables).filter((name) => name.startsWith("_LAMBENT")),
    [],
  );
});

test("a function's own command, entry point and working directory take the place of the image's, each alone", async () => {
  await using house = await openImages({ command: ["missing.mjs"], workingDirectory: "/" });
  const { text, functionError } = await house.invoke(
    imageVersion({ command: ["runtime.mjs", 'it\'s\n"quoted" $HOME'], workingDirectory: "/app" }),
  );
  assert.equal(functionError, undefined, text);
  const shown = { entryPoint: ["node", "-e"], command: ["console.log(JSON.stringify(process.cwd()))", "x"] };
  await house.invoke(imageVersion(shown, { revisionId: "other" }));
  assert.match(said(house), /^"\/"$/m);
});

const said = (house: House): string => house.events.map(({ message }) => message).join("");

const MISSING: readonly [string, ImageOverrides, string, string][] = [
  [
    "a path that is not there",
    { entryPoint: ["/no/such"] },
    "InvalidEntrypoint",
    "fork/exec /no/such: no such file or directory",
  ],
  ["a folder", { entryPoint: ["/usr"] }, "InvalidEntrypoint", "fork/exec /usr: permission denied"],
  [
    "a name that PATH has not",
    { entryPoint: ["echo"] },
    "InvalidEntrypoint",
    'exec: "echo": executable file not found in $PATH',
  ],
  [
    "a working directory that is not there",
    { workingDirectory: "/none" },
    "InvalidWorkingDir",
    "chdir /none: no such file or directory",
  ],
];
for (const [what, overrides, errorType, words] of MISSING) {
  test(`${what} is refused with Go's words`, async () => {
    await using house = await openImages();
    const { text, requestId } = await house.invoke(imageVersion(overrides));
    const errorMessage = `RequestId: ${requestId} Error: ${words}`;
    assert.deepEqual(JSON.parse(text), { errorType: `Runtime.${errorType}`, errorMessage });
  });
}

test("a layer above hides what it removes from those below, and its files win", async () => {
  const lower = filesLayer(join(folder, "lower"), {
    "app/gone": "gone",
    "app/kept": "lower",
    "data/old": "old",
    "data/deep/older": "older",
  });
  const upper = filesLayer(join(folder, "upper"), { "app/kept": "upper", "data/new": "new" });
  overlayMarks.whiteout(join(upper, "app/gone"));
  overlayMarks.opaque(join(upper, "data"));
  const script =
    "const fs=require('fs');const say=(p)=>fs.readdirSync(p).sort();console.log(JSON.stringify([say('/app'),fs.readFileSync('/app/kept','utf8'),say('/data')]))";
  await using house = await openImages({ layers: [base, lower, upper] });
  await house.invoke(imageVersion({ entryPoint: ["node", "-e", script], command: [], workingDirectory: "/" }));
  assert.match(said(house), /^\[\["kept"\],"upper",\["new"\]\]$/m);
});

test("a hundred layers are one root", async () => {
  const many = Array.from({ length: 100 }, (_, n) =>
    filesLayer(join(folder, `one-of-a-hundred-layers-with-a-rather-long-name-${n}`), { [`many/${n}`]: String(n) }),
  );
  const script = "console.log('files '+require('fs').readdirSync('/many').length)";
  await using house = await openImages({ layers: [base, ...many] });
  await house.invoke(imageVersion({ entryPoint: ["node", "-e", script], command: [], workingDirectory: "/" }));
  assert.match(said(house), /^files 100$/m);
});

test("extensions of an image start before its entry point, on this machine's shell", async () => {
  const extension = filesLayer(join(folder, "extension"), {
    "opt/extensions/watcher": `#!/usr/bin/node
const http = require("node:http");
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const call = (method, path, headers, body) => new Promise((resolve) => {
  const sent = http.request({ host, port, method, path: "/2020-01-01/extension/" + path, headers }, (r) => {
    r.resume().on("end", () => resolve(r.headers["lambda-extension-identifier"]));
  });
  sent.end(body);
});
(async () => {
  const id = await call("POST", "register", { "Lambda-Extension-Name": "watcher" }, '{"events":["INVOKE"]}');
  console.log("watcher registered");
  for (;;) await call("GET", "event/next", { "Lambda-Extension-Identifier": id });
})();`,
  });
  await using house = await openImages({ layers: [base, task, extension], extensions: ["watcher"] });
  const { text, functionError } = await house.invoke(imageVersion());
  assert.equal(functionError, undefined, text);
  const lines = house.events.map(({ message }) => message);
  assert.ok(lines.indexOf("watcher registered\n") < lines.indexOf("custom runtime up\n"), lines.join(""));
  assert.match(lines.join(""), /EXTENSION\tName: watcher\tState: Ready/);
});
