/** The OCI distribution protocol over real sockets: pushes in pieces, pulls, refusals, what a crash leaves, what is collected. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { lineLog, systemClock, systemRandom } from "../base/index.ts";
import { until } from "../base/testing/until.ts";
import { openLocalStore } from "../store/index.ts";
import { Distribution, Registry, RegistryAccess, RegistryTokens, type RepositoryRecord, Uploads } from "./index.ts";

const PLACE = { accountId: "000000000000", region: "us-east-1" };
const REPOSITORY: RepositoryRecord = {
  ...PLACE,
  name: "team/app",
  createdMs: 0,
  mutability: "MUTABLE",
  scanOnPush: false,
  encryption: { encryptionType: "AES256" },
  tags: {},
};
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const log = lineLog("error", (line) => process.stderr.write(line));

interface House {
  readonly url: string;
  readonly port: number;
  readonly registry: Registry;
  readonly tokens: RegistryTokens;
  readonly folder: string;
  readonly blobs: () => readonly string[];
  readonly usedElsewhere: Set<string>;
}

async function openHouse(
  t: TestContext,
  options: { readonly isTokenRequired?: boolean; readonly folder?: string } = {},
): Promise<House> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "lambent-registry-"));
  const base = { clock: systemClock, random: systemRandom, log };
  const store = await openLocalStore({ folder, ...base });
  const usedElsewhere = new Set<string>();
  const registry = new Registry({ store, ...base, isUsedElsewhere: (hex) => usedElsewhere.has(hex) });
  await registry.start();
  await registry.createRepository(REPOSITORY);
  const tokens = new RegistryTokens({ records: store.records, ...base });
  const { isTokenRequired = false } = options;
  const access = new RegistryAccess({ tokens, defaultPlace: PLACE, isTokenRequired });
  const uploads = new Uploads({ folder: join(folder, "uploads"), ...base });
  const distribution = new Distribution({ registry, uploads, access, log });
  const server = createServer((request, response) => distribution.answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    registry[Symbol.dispose]();
    uploads[Symbol.dispose]();
    await store[Symbol.asyncDispose]();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  });
  const blobs = (): readonly string[] =>
    readdirSync(join(folder, "blobs")).filter((name) => /^[0-9a-f]{64}$/.test(name));
  return { url: `http://127.0.0.1:${port}`, port, registry, tokens, folder, blobs, usedElsewhere };
}

const digestOf = (content: string | Buffer): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;

async function push({ url }: House, content: string, name = REPOSITORY.name): Promise<string> {
  const digest = digestOf(content);
  const pushed = await fetch(`${url}/v2/${name}/blobs/uploads/?digest=${digest}`, { method: "POST", body: content });
  assert.equal(pushed.status, 201, await pushed.text());
  return digest;
}

function manifestOf(config: string, layers: readonly string[], more: object = {}): string {
  const described = (content: string, mediaType: string): object => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: described(config, "application/vnd.oci.image.config.v1+json"),
    layers: layers.map((layer) => described(layer, "application/vnd.oci.image.layer.v1.tar")),
    ...more,
  });
}

function putManifest({ url }: House, manifest: string, reference: string, name = REPOSITORY.name): Promise<Response> {
  const headers = { "content-type": MANIFEST };
  return fetch(`${url}/v2/${name}/manifests/${reference}`, { method: "PUT", headers, body: manifest });
}

async function pushImage(house: House, tag: string, layer = "layer"): Promise<string> {
  await push(house, "config");
  await push(house, layer);
  const pushed = await putManifest(house, manifestOf("config", [layer]), tag);
  assert.equal(pushed.status, 201, await pushed.text());
  return pushed.headers.get("docker-content-digest") ?? "";
}

async function codeOf(response: Response): Promise<string> {
  const { errors }: { errors: { code: string }[] } = JSON.parse(await response.text());
  return `${response.status} ${errors[0]?.code}`;
}

test("a blob is pushed in chunks, also by a client that comes back and asks where it was", async (t) => {
  const house = await openHouse(t);
  const begun = await fetch(`${house.url}/v2/team/app/blobs/uploads/`, { method: "POST" });
  assert.equal(begun.status, 202);
  const place = house.url + begun.headers.get("location");
  const first = await fetch(place, { method: "PATCH", headers: { "content-range": "0-4" }, body: "first" });
  assert.equal(first.headers.get("range"), "0-4");
  const wrong = await fetch(place, { method: "PATCH", headers: { "content-range": "3-8" }, body: "second" });
  assert.equal(await codeOf(wrong), "416 BLOB_UPLOAD_INVALID");
  const asked = await fetch(place);
  assert.deepEqual([asked.status, asked.headers.get("range")], [204, "0-4"]);
  const digest = digestOf("firstsecond");
  const done = await fetch(`${place}?digest=${digest}`, { method: "PUT", body: "second" });
  assert.equal(done.status, 201);
  const pulled = await fetch(`${house.url}/v2/team/app/blobs/${digest}`);
  assert.equal(await pulled.text(), "firstsecond");
  const part = await fetch(`${house.url}/v2/team/app/blobs/${digest}`, { headers: { range: "bytes=5-7" } });
  assert.deepEqual([part.status, await part.text()], [206, "sec"]);
  assert.deepEqual(readdirSync(join(house.folder, "uploads")), []);
});

test("what came before a connection broke stays, and the upload goes on from there", async (t) => {
  const house = await openHouse(t);
  const begun = await fetch(`${house.url}/v2/team/app/blobs/uploads/`, { method: "POST" });
  const path = begun.headers.get("location") ?? "";
  const broken = httpRequest({ port: house.port, host: "127.0.0.1", method: "PATCH", path });
  broken.on("error", () => undefined);
  broken.write("half");
  const size = async (): Promise<string | null> => (await fetch(house.url + path)).headers.get("range");
  await until("the half is there", async () => (await size()) === "0-3");
  broken.destroy();
  const digest = digestOf("halfhalf");
  await until("the upload is free again", async () => {
    const goesOn = await fetch(house.url + path, {
      method: "PATCH",
      headers: { "content-range": "4-7" },
      body: "half",
    });
    return goesOn.status === 202;
  });
  const done = await fetch(`${house.url}${path}?digest=${digest}`, { method: "PUT" });
  assert.equal(done.status, 201);
});

test("a blob of another repository is mounted without being sent again", async (t) => {
  const house = await openHouse(t);
  await house.registry.createRepository({ ...REPOSITORY, name: "other" });
  const digest = await push(house, "shared");
  const mounted = await fetch(`${house.url}/v2/other/blobs/uploads/?mount=${digest}&from=team/app`, { method: "POST" });
  assert.equal(mounted.status, 201);
  assert.equal((await fetch(`${house.url}/v2/other/blobs/${digest}`, { method: "HEAD" })).status, 200);
  const missing = await fetch(`${house.url}/v2/other/blobs/uploads/?mount=${digestOf("none")}&from=team/app`, {
    method: "POST",
  });
  assert.equal(missing.status, 202, "an upload begins where there is nothing to mount");
});

test("a manifest is read by tag and digest, tags are listed in pages, and deleting says what is gone", async (t) => {
  const house = await openHouse(t);
  const digest = await pushImage(house, "v1");
  await pushImage(house, "v2");
  await pushImage(house, "v3", "other layer");
  const read = await fetch(`${house.url}/v2/team/app/manifests/v1`);
  assert.equal(read.headers.get("content-type"), MANIFEST);
  assert.equal(digestOf(await read.text()), digest);
  const head = await fetch(`${house.url}/v2/team/app/manifests/${digest}`, { method: "HEAD" });
  assert.equal(head.headers.get("docker-content-digest"), digest);
  const page = await fetch(`${house.url}/v2/team/app/tags/list?n=2`);
  assert.deepEqual(await page.json(), { name: "team/app", tags: ["v1", "v2"] });
  const next = /<(.+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1];
  assert.deepEqual(await (await fetch(house.url + next)).json(), { name: "team/app", tags: ["v3"] });
  assert.equal((await fetch(`${house.url}/v2/team/app/manifests/v1`, { method: "DELETE" })).status, 202);
  assert.equal((await fetch(`${house.url}/v2/team/app/manifests/v2`)).status, 200, "the image has another tag");
  assert.equal((await fetch(`${house.url}/v2/team/app/manifests/${digest}`, { method: "DELETE" })).status, 202);
  assert.equal(await codeOf(await fetch(`${house.url}/v2/team/app/manifests/v2`)), "404 MANIFEST_UNKNOWN");
});

test("an image's layers go with it, but for those that another image or another use has", async (t) => {
  const house = await openHouse(t);
  const one = await pushImage(house, "one", "own layer");
  await pushImage(house, "two", "other layer");
  await push(house, "zip");
  const zip = manifestOf("config", ["zip"]);
  await putManifest(house, zip, "three");
  house.usedElsewhere.add(digestOf("zip").slice(7));
  await house.registry.removeImage(REPOSITORY, one);
  await house.registry.removeImage(REPOSITORY, digestOf(zip));
  const left = house.blobs();
  const hex = (content: string): string => digestOf(content).slice(7);
  assert.equal(left.includes(hex("own layer")), false);
  for (const content of ["config", "other layer", "zip"]) assert.equal(left.includes(hex(content)), true, content);
  await house.registry.deleteRepository(REPOSITORY, async () => undefined);
  assert.deepEqual(house.blobs(), [hex("zip")]);
});

test("a signature of an image is found by what it is about", async (t) => {
  const house = await openHouse(t);
  const digest = await pushImage(house, "v1");
  const subject = { mediaType: MANIFEST, digest, size: 1 };
  await push(house, "config");
  const pushed = await putManifest(house, manifestOf("config", [], { subject, artifactType: "a/signature" }), "sig");
  assert.equal(pushed.headers.get("oci-subject"), digest);
  const answer = await fetch(`${house.url}/v2/team/app/referrers/${digest}`);
  const { manifests } = (await answer.json()) as { manifests: { artifactType: string }[] };
  assert.deepEqual(
    manifests.map(({ artifactType }) => artifactType),
    ["a/signature"],
  );
});

const WRONG = `sha256:${"0".repeat(64)}`;
const REFUSALS: readonly [string, string, string, RequestInit, string][] = [
  ["a repository that does not exist", "GET", "/v2/none/tags/list", {}, "404 NAME_UNKNOWN"],
  ["a name that no repository has", "GET", "/v2/Team/App/tags/list", {}, "400 NAME_INVALID"],
  ["a path that is none", "GET", "/v2/team/app/nothing", {}, "404 UNSUPPORTED"],
  ["a blob that is not there", "GET", `/v2/team/app/blobs/${WRONG}`, {}, "404 BLOB_UNKNOWN"],
  ["a digest of another kind", "GET", "/v2/team/app/blobs/md5:abc", {}, "400 DIGEST_INVALID"],
  [
    "content of another digest",
    "POST",
    `/v2/team/app/blobs/uploads/?digest=${WRONG}`,
    { body: "x" },
    "400 DIGEST_INVALID",
  ],
  ["an upload that is not there", "PATCH", "/v2/team/app/blobs/uploads/../../x", { body: "x" }, "404 UNSUPPORTED"],
  [
    "an upload of nobody",
    "PATCH",
    `/v2/team/app/blobs/uploads/${"0".repeat(36)}`,
    { body: "x" },
    "404 BLOB_UPLOAD_UNKNOWN",
  ],
  ["a manifest that is none", "PUT", "/v2/team/app/manifests/v1", { body: "[]" }, "400 MANIFEST_INVALID"],
  [
    "a manifest of what is not there",
    "PUT",
    "/v2/team/app/manifests/v1",
    { body: manifestOf("c", ["l"]) },
    "400 MANIFEST_BLOB_UNKNOWN",
  ],
  ["a tag that is none", "PUT", "/v2/team/app/manifests/-v1", { body: manifestOf("c", []) }, "400 TAG_INVALID"],
  ["a manifest that is not there", "DELETE", `/v2/team/app/manifests/${WRONG}`, {}, "404 MANIFEST_UNKNOWN"],
  ["a method that is none", "POST", "/v2/team/app/manifests/v1", { body: "{}" }, "405 UNSUPPORTED"],
  [
    "a blob to mount of no digest",
    "POST",
    "/v2/team/app/blobs/uploads/?mount=x&from=team/app",
    {},
    "400 DIGEST_INVALID",
  ],
];
for (const [what, method, path, init, code] of REFUSALS) {
  test(`${what} is refused with ${code}, and nothing is left`, async (t) => {
    const house = await openHouse(t);
    const answer = await fetch(house.url + path, { method, headers: { "content-type": MANIFEST }, ...init });
    assert.equal(await codeOf(answer), code);
    assert.deepEqual(house.blobs(), []);
  });
}

test("a manifest that a tag must not leave is kept", async (t) => {
  const house = await openHouse(t);
  await pushImage(house, "v1");
  await house.registry.changeRepository(REPOSITORY, (record) => ({ ...record, mutability: "IMMUTABLE" }));
  await push(house, "other layer");
  const moved = await putManifest(house, manifestOf("config", ["other layer"]), "v1");
  assert.equal(await codeOf(moved), "400 TAG_INVALID");
  assert.equal(
    (await putManifest(house, manifestOf("config", ["layer"]), "v1")).status,
    201,
    "the same again is nothing",
  );
});

test("a blob that an image is made of cannot be deleted, another can", async (t) => {
  const house = await openHouse(t);
  await pushImage(house, "v1");
  const used = await fetch(`${house.url}/v2/team/app/blobs/${digestOf("layer")}`, { method: "DELETE" });
  assert.equal(await codeOf(used), "403 DENIED");
  const unused = await push(house, "unused");
  assert.equal((await fetch(`${house.url}/v2/team/app/blobs/${unused}`, { method: "DELETE" })).status, 202);
  assert.equal(house.blobs().includes(unused.slice(7)), false);
});

test("where tokens are needed only a token of this server opens the registry, and it says whose", async (t) => {
  const house = await openHouse(t, { isTokenRequired: true });
  const ask = (password?: string): Promise<Response> => {
    const headers =
      password === undefined ? {} : { authorization: `Basic ${Buffer.from(`AWS:${password}`).toString("base64")}` };
    return fetch(`${house.url}/v2/team/app/tags/list`, { headers });
  };
  const refused = await ask();
  assert.match(refused.headers.get("www-authenticate") ?? "", /^Basic realm=/);
  assert.equal(await codeOf(refused), "401 UNAUTHORIZED");
  assert.equal((await ask("forged")).status, 401);
  const principal = { kind: "user", accountId: PLACE.accountId, arn: "arn:aws:iam::000000000000:user/pusher" } as const;
  const { password } = await house.tokens.issue({ ...PLACE, principal });
  assert.equal((await ask(password)).status, 200);
  assert.equal((await ask(`${password.slice(0, -4)}AAAA`)).status, 401);
  const other = await house.tokens.issue({ accountId: "111111111111", region: "us-east-1", principal });
  assert.equal(await codeOf(await ask(other.password)), "404 NAME_UNKNOWN");
});

test("the host name of ECR's form says whose registry is meant", async (t) => {
  const house = await openHouse(t);
  await house.registry.createRepository({
    ...REPOSITORY,
    accountId: "111111111111",
    region: "eu-west-1",
    name: "theirs",
  });
  const status = (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = httpRequest({
        port: house.port,
        host: "127.0.0.1",
        path: "/v2/theirs/tags/list",
        headers: { host },
      });
      asked.on("response", (response) => resolve(response.resume().statusCode ?? 0));
      asked.on("error", reject).end();
    });
  assert.equal(await status("111111111111.dkr.ecr.eu-west-1.localhost:4566"), 200);
  assert.equal(await status("localhost:4566"), 404);
});

test("what a kill left between content and record is removed at the next start", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lambent-registry-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const base = { clock: systemClock, random: systemRandom, log };
  const hex = digestOf("half").slice(7);
  {
    await using store = await openLocalStore({ folder, ...base });
    const registry = new Registry({ store, ...base, isUsedElsewhere: () => false });
    // As a kill leaves it: the content is durable, no record names it.
    await registry.tables.incoming.create(hex, { sinceMs: 0 });
    await store.blobs.put(Buffer.from("half"));
  }
  const house = await openHouse(t, { folder });
  assert.deepEqual(house.blobs(), []);
  assert.equal(await house.registry.tables.incoming.get(hex), undefined);
});

test("blobs that no manifest came for and uploads that nobody continued are removed when they are old", async (t) => {
  const house = await openHouse(t);
  await pushImage(house, "v1");
  const orphan = await push(house, "orphan");
  await house.registry.tables.layers.update(`000000000000/us-east-1/team%2Fapp/${orphan.slice(7)}`, (layer) => ({
    ...layer,
    addedMs: 0,
  }));
  await house.registry.removeUnnamed();
  assert.equal(house.blobs().includes(orphan.slice(7)), false);
  assert.equal(house.blobs().length, 3);
  const begun = await fetch(`${house.url}/v2/team/app/blobs/uploads/`, { method: "POST" });
  const id = begun.headers.get("docker-upload-uuid") ?? "";
  utimesSync(join(house.folder, "uploads", id), 1, 1);
  await fetch(`${house.url}/v2/team/app/blobs/uploads/`, { method: "POST" });
  assert.equal(await codeOf(await fetch(`${house.url}/v2/team/app/blobs/uploads/${id}`)), "404 BLOB_UPLOAD_UNKNOWN");
});
