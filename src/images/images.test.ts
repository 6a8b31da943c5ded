/** Layouts and archives become unpacked images, once each, and hostile ones leave nothing. */
import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { lineLog, systemClock, systemRandom } from "../base/index.ts";
import { Images, type WantedImage } from "./images.ts";
import { ImageProblem } from "./problems.ts";
import { ImageSources } from "./sources.ts";
import { digestOf, type MadeImage, makeImage, writeLayout } from "./testing/layouts.ts";
import { makeTar, type TestEntry } from "./testing/tar.ts";

const PLACE = { accountId: "000000000000", region: "us-east-1" };
const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "x86_64";
const log = lineLog("error", (line) => process.stderr.write(line));

interface Room {
  readonly images: Images;
  readonly folder: string;
  /** Where layouts are allowed to be. */
  readonly allowed: string;
  readonly referenced: Set<string>;
  readonly marked: string[];
  unpack(
    uri: string,
  ): Promise<{ readonly layers: readonly string[]; readonly digest: string; readonly wanted: WantedImage }>;
}

async function openRoom(t: TestContext): Promise<Room> {
  const folder = mkdtempSync(join(tmpdir(), "lambent-images-"));
  const allowed = join(folder, "allowed");
  mkdirSync(allowed);
  const referenced = new Set<string>();
  const marked: string[] = [];
  const images = new Images({
    folder: join(folder, "images"),
    sources: new ImageSources({
      ownHosts: () => [],
      folders: [allowed],
      registries: [],
      scratchFolder: join(folder, "images"),
      clock: systemClock,
      random: systemRandom,
    }),
    marks: {
      whiteout: (path) => void marked.push(`whiteout ${path.slice(path.indexOf("tmp-") + 106)}`),
      opaque: (path) => void marked.push(`opaque ${path.slice(path.indexOf("tmp-") + 106)}`),
    },
    clock: systemClock,
    random: systemRandom,
    log,
    isReferenced: (digest) => referenced.has(digest),
  });
  await images.start();
  t.after(async () => {
    await images[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    images,
    folder,
    allowed,
    referenced,
    marked,
    async unpack(uri) {
      const resolved = await images.resolve(uri, PLACE, ARCHITECTURE);
      const wanted = { ...resolved, place: PLACE, architecture: ARCHITECTURE } as const;
      const { layers } = await images.unpacked(wanted);
      return { layers, digest: resolved.digest, wanted };
    },
  };
}

function layoutOf({ allowed }: Room, image: MadeImage): string {
  const name = `layout-${systemRandom.hex(4)}`;
  return `oci:${writeLayout(join(allowed, name), { latest: image })}`;
}

const ofEntries = (...layers: readonly (readonly TestEntry[])[]): MadeImage =>
  makeImage({ layers: layers.map((entries) => ({ tar: makeTar(entries) })) });

const problem =
  (kind: string, words: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof ImageProblem, String(error));
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, words);
    return true;
  };

for (const compression of ["none", "gzip", "zstd"] as const) {
  test(`a layer with compression ${compression} becomes a folder of what it holds`, async (t) => {
    const room = await openRoom(t);
    const tar = makeTar([
      { path: "app/", type: "5", mode: 0o750 },
      { path: "app/run", content: "#!/bin/sh\n", mode: 0o4755, mtime: 1_600_000_000 },
      { path: "app/again", type: "1", link: "app/run" },
      { path: "bin", type: "2", link: "app" },
      { path: "./deep/er/file", content: "x".repeat(300_000) },
    ]);
    const { layers } = await room.unpack(layoutOf(room, makeImage({ layers: [{ tar, compression }] })));
    const [layer = ""] = layers;
    const run = lstatSync(join(layer, "app/run"));
    assert.equal(run.mode & 0o7777, 0o755, "set-uid bits are left out");
    assert.equal(run.mtimeMs, 1_600_000_000_000);
    assert.equal(run.ino, lstatSync(join(layer, "app/again")).ino);
    assert.equal(lstatSync(join(layer, "app")).mode & 0o777, 0o750);
    assert.equal(readlinkSync(join(layer, "bin")), "app");
    assert.equal(readFileSync(join(layer, "deep/er/file"), "utf8").length, 300_000);
  });
}

test("layers are kept once, whoever has them and however they were compressed", async (t) => {
  const room = await openRoom(t);
  const shared = makeTar([{ path: "base", content: "base" }]);
  const first = await room.unpack(layoutOf(room, makeImage({ layers: [{ tar: shared, compression: "gzip" }] })));
  const own = makeTar([{ path: "own", content: "own" }]);
  const second = await room.unpack(layoutOf(room, makeImage({ layers: [{ tar: shared }, { tar: own }] })));
  assert.equal(first.layers[0], second.layers[0]);
  assert.equal(readdirSync(join(room.folder, "images/layers")).filter((name) => !name.endsWith(".json")).length, 2);
});

test("an image that nobody refers to goes with its layers, and those of others stay", async (t) => {
  const room = await openRoom(t);
  const shared = makeTar([{ path: "base", content: "base" }]);
  const kept = await room.unpack(layoutOf(room, makeImage({ layers: [{ tar: shared }] })));
  const own = makeTar([{ path: "own", content: "own" }]);
  const gone = await room.unpack(layoutOf(room, makeImage({ layers: [{ tar: shared }, { tar: own }] })));
  room.referenced.add(kept.digest);
  room.images.release(gone.digest);
  room.images.release(kept.digest);
  await room.images.sweep();
  assert.equal(existsSync(gone.layers[1] ?? ""), false);
  assert.equal(existsSync(kept.layers[0] ?? ""), true);
  assert.deepEqual(readdirSync(join(room.folder, "images/images")), [`${kept.digest}.json`]);
});

test("what a killed server left half made is removed and not used", async (t) => {
  const room = await openRoom(t);
  const { digest, layers, wanted } = await room.unpack(layoutOf(room, ofEntries([{ path: "a", content: "a" }])));
  room.referenced.add(digest);
  const [layer = ""] = layers;
  // As if the kill had come after the layer's rename and before its note, or in the middle of unpacking.
  rmSync(`${layer}.json`);
  writeFileSync(join(layer, "half"), "");
  mkdirSync(join(room.folder, "images", "tmp-left"));
  const again = new Images({
    folder: join(room.folder, "images"),
    sources: new ImageSources({
      ownHosts: () => [],
      folders: [room.allowed],
      registries: [],
      scratchFolder: room.folder,
      clock: systemClock,
      random: systemRandom,
    }),
    marks: { whiteout: () => undefined, opaque: () => undefined },
    clock: systemClock,
    random: systemRandom,
    log,
    isReferenced: () => true,
  });
  await again.start();
  await again.sweep();
  assert.equal(existsSync(join(room.folder, "images", "tmp-left")), false);
  assert.equal(existsSync(layer), false);
  await again.unpacked(wanted);
  assert.deepEqual(readdirSync(layer), ["a"]);
  await again[Symbol.asyncDispose]();
});

test("removals become marks, and what a layer makes itself is not hidden by its own", async (t) => {
  const room = await openRoom(t);
  const image = ofEntries(
    [
      { path: "a/old", content: "old" },
      { path: "b", content: "b" },
    ],
    [
      { path: "a/", type: "5" },
      { path: "a/.wh..wh..opq" },
      { path: "a/new", content: "new" },
      { path: ".wh.b" },
      { path: "c/x", content: "x" },
      { path: ".wh.c" },
    ],
  );
  await room.unpack(layoutOf(room, image));
  assert.deepEqual(room.marked, ["opaque a", "whiteout b", "opaque c"]);
});

test("links inside a layer are followed as the image would see them, never out of it", async (t) => {
  const room = await openRoom(t);
  const { layers } = await room.unpack(
    layoutOf(
      room,
      ofEntries([
        { path: "etc", type: "2", link: "/../../../../../../etc-of-the-image" },
        { path: "etc/passwd", content: "image" },
        { path: "up", type: "2", link: "../../.." },
        { path: "up/file", content: "file" },
      ]),
    ),
  );
  const [layer = ""] = layers;
  assert.equal(readFileSync(join(layer, "etc-of-the-image/passwd"), "utf8"), "image");
  assert.equal(readFileSync(join(layer, "file"), "utf8"), "file");
});

test("devices and pipes are left out, and the last of several entries of a name counts", async (t) => {
  const room = await openRoom(t);
  const { layers } = await room.unpack(
    layoutOf(
      room,
      ofEntries([
        { path: "null", type: "3" },
        { path: "pipe", type: "6" },
        { path: "twice", content: "first" },
        { path: "twice", content: "second" },
        { path: "link", type: "2", link: "/etc/passwd" },
        { path: "link", content: "a file now" },
      ]),
    ),
  );
  const [layer = ""] = layers;
  assert.deepEqual(readdirSync(layer).sort(), ["link", "twice"]);
  assert.equal(readFileSync(join(layer, "twice"), "utf8"), "second");
  assert.equal(lstatSync(join(layer, "link")).isFile(), true);
});

const tar = makeTar([{ path: "a", content: "a" }]);
const HOSTILE: readonly [string, MadeImage, string, RegExp][] = [
  ["a path that leaves", ofEntries([{ path: "../out", content: "" }]), "broken", /leaves its layer/],
  [
    "a hard link to what is outside",
    ofEntries([{ path: "p", type: "1", link: "/etc/passwd" }]),
    "broken",
    /not in its layer/,
  ],
  ["a hard link that leaves", ofEntries([{ path: "p", type: "1", link: "../../p" }]), "broken", /leaves its layer/],
  [
    "links in a circle",
    ofEntries([{ path: "a", type: "2", link: "b" }, { path: "b", type: "2", link: "a" }, { path: "a/x" }]),
    "broken",
    /circle/,
  ],
  ["a file as a folder", ofEntries([{ path: "f", content: "f" }, { path: "f/x" }]), "broken", /has files below it/],
  ["a removal of nothing", ofEntries([{ path: ".wh." }]), "broken", /no name/],
  ["a removal of the folder above", ofEntries([{ path: "a/.wh..." }]), "broken", /no name/],
  ["a size beyond an image's", ofEntries([{ path: "big", statedSize: 11 * 2 ** 30 }]), "too-large", /10 GB/],
  [
    "a tar that ends early",
    makeImage({ layers: [{ tar: makeTar([{ path: "a", content: "a".repeat(2000) }]).subarray(0, 1024) }] }),
    "broken",
    /no tar archive/,
  ],
  ["bytes that are no tar", makeImage({ layers: [{ tar: Buffer.alloc(4096, "x") }] }), "broken", /no tar archive/],
  [
    "a layer that is compressed twice",
    makeImage({ layers: [{ tar: gzipSync(tar), compression: "gzip" }] }),
    "broken",
    /twice/,
  ],
  [
    "a layer with another digest",
    makeImage({ layers: [{ tar }], diffIds: [`sha256:${"0".repeat(64)}`] }),
    "broken",
    /content of sha256:0000/,
  ],
  ["fewer digests than layers", makeImage({ layers: [{ tar }], diffIds: [] }), "broken", /1 layers and 0/],
  ["another architecture", makeImage({ layers: [{ tar }], architecture: "s390x" }), "not-supported", /linux\/s390x/],
  ["no layers", makeImage({ layers: [] }), "broken", /no layers/],
  ["too many layers", makeImage({ layers: Array.from({ length: 128 }, () => ({ tar })) }), "too-large", /128 layers/],
  [
    "a huge configuration",
    makeImage({ layers: [{ tar }], config: { Env: [`A=${"x".repeat(20_000)}`] } }),
    "too-large",
    /configuration/,
  ],
];
for (const [what, image, kind, words] of HOSTILE) {
  test(`an image with ${what} is refused and leaves nothing`, async (t) => {
    const room = await openRoom(t);
    await assert.rejects(room.unpack(layoutOf(room, image)), problem(kind, words));
    assert.deepEqual(readdirSync(join(room.folder, "images/layers")), []);
    assert.deepEqual(
      readdirSync(join(room.folder, "images")).filter((name) => name.startsWith("tmp-")),
      [],
    );
  });
}

test("a blob that was changed on its way is refused", async (t) => {
  const room = await openRoom(t);
  const image = ofEntries([{ path: "a", content: "a" }]);
  const uri = layoutOf(room, image);
  const layer = image.blobs[1]?.digest.slice(7) ?? "";
  const bytes = makeTar([{ path: "b", content: "b" }]);
  writeFileSync(join(uri.slice(4), "blobs/sha256", layer), bytes);
  await assert.rejects(room.unpack(uri), problem("broken", /content of/));
});

test("of an index the manifest of the function's platform is taken", async (t) => {
  const room = await openRoom(t);
  const [own, other] = [
    ofEntries([{ path: "own", content: "" }]),
    makeImage({ layers: [{ tar }], architecture: "s390x" }),
  ];
  const uri = `oci:${writeLayout(join(room.allowed, "multi"), { own, other })}`;
  const describe = ({ digest, manifest, mediaType }: MadeImage, architecture: string): object => ({
    mediaType,
    digest,
    size: manifest.length,
    platform: { os: "linux", architecture },
  });
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [describe(other, "s390x"), describe(own, architecture), describe(other, "unknown")],
    }),
  );
  writeFileSync(join(room.allowed, "multi/blobs/sha256", digestOf(index).slice(7)), index);
  const { digest } = await room.unpack(`${uri}@${digestOf(index)}`);
  assert.equal(`sha256:${digest}`, own.digest);
  await assert.rejects(room.unpack(`${uri}:none`), problem("does-not-exist", /has own, other/));
});

test("files of this machine are read from the allowed folders only, whatever links there are", async (t) => {
  const room = await openRoom(t);
  const image = ofEntries([{ path: "a", content: "a" }]);
  const outside = writeLayout(join(room.folder, "outside"), { latest: image });
  await assert.rejects(room.unpack(`oci:${outside}`), problem("no-permission", /--image-folder/));
  await assert.rejects(room.unpack(`oci:${room.allowed}/../outside`), problem("no-permission", /--image-folder/));
  symlinkSync(outside, join(room.allowed, "link"));
  await assert.rejects(room.unpack(`oci:${room.allowed}/link`), problem("no-permission", /leads out|no folder/));
  const inside = writeLayout(join(room.allowed, "inside"), { latest: image });
  const config = join(inside, "blobs/sha256", image.blobs[0]?.digest.slice(7) ?? "");
  rmSync(config);
  symlinkSync(join(outside, "blobs/sha256", image.blobs[0]?.digest.slice(7) ?? ""), config);
  await assert.rejects(room.unpack(`oci:${inside}`), problem("no-permission", /leads out/));
  symlinkSync("/etc/passwd", join(room.allowed, "passwd.tar"));
  await assert.rejects(room.unpack(`${room.allowed}/passwd.tar`), problem("no-permission", /no folder/));
  await assert.rejects(room.unpack("docker-archive:/etc/passwd"), problem("no-permission", /--image-folder/));
});

test("another registry is not asked unless the server was started so", async (t) => {
  const room = await openRoom(t);
  await assert.rejects(
    room.unpack("public.ecr.aws/lambda/nodejs:22"),
    problem("no-permission", /--image-registry public.ecr.aws/),
  );
});

test("what docker save writes is an image, also compressed, by tag or alone", async (t) => {
  const room = await openRoom(t);
  const layer = makeTar([{ path: "saved", content: "saved" }]);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Cmd: ["run"] },
      rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
    }),
  );
  const manifest = JSON.stringify([{ Config: "config.json", RepoTags: ["name:v1"], Layers: ["abc/layer.tar"] }]);
  const archive = makeTar([
    { path: "real.tar", content: layer },
    { path: "abc/layer.tar", type: "2", link: "../real.tar" },
    { path: "config.json", content: config },
    { path: "manifest.json", content: manifest },
  ]);
  writeFileSync(join(room.allowed, "saved.tar"), archive);
  writeFileSync(join(room.allowed, "saved.tar.gz"), gzipSync(archive));
  const first = await room.unpack(`docker-archive:${room.allowed}/saved.tar:v1`);
  const second = await room.unpack(`${room.allowed}/saved.tar.gz`);
  assert.equal(first.digest, second.digest);
  assert.equal(readFileSync(join(first.layers[0] ?? "", "saved"), "utf8"), "saved");
  await assert.rejects(room.unpack(`${room.allowed}/saved.tar:v2`), problem("does-not-exist", /v2/));
  assert.deepEqual(
    readdirSync(join(room.folder, "images")).filter((name) => name.startsWith("tmp-")),
    [],
  );
});
