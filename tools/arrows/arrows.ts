/**
 * Checks imports between the rooms of src/: only along the arrows of rooms.ts, only through index.ts, which the room itself does not use, no cycles, and only
 * packages that the published package depends on. Each finding says why the rule exists and what to do instead.
 */
import { dirname, join } from "node:path/posix";
import type { Finding, Import, SourceFile } from "../sources.ts";
import { type Room, rooms } from "./rooms.ts";

export interface PackageNames {
  readonly dependencies: ReadonlySet<string>;
}

/** The rules about one file alone, then about all together. */
export function checkArrows(files: readonly SourceFile[], packages: PackageNames): readonly Finding[] {
  const inSrc = files.filter((file) => file.path.startsWith("src/"));
  return [
    ...inSrc.flatMap((file) => file.imports.flatMap((item) => checkImport(file, item, packages))),
    ...findCycles(inSrc),
  ];
}

function checkImport(file: SourceFile, item: Import, packages: PackageNames): readonly Finding[] {
  const finding = (rule: string, message: string): Finding => ({ path: file.path, line: item.line, rule, message });
  const forTests = isForTests(file.path);
  if (!item.specifier.startsWith(".")) {
    if (forTests || item.typeOnly || item.specifier.startsWith("node:")) return [];
    const name = packageName(item.specifier);
    if (packages.dependencies.has(name)) return [];
    return [
      finding(
        "declared-packages",
        `${name} is not among dependencies, so the published package lacks it. Instead: move it there, or move this code to test/.`,
      ),
    ];
  }
  const target = join(dirname(file.path), item.specifier);
  if (!target.startsWith("src/")) {
    if (forTests) return [];
    return [finding("only-src", `${target} is not published. Instead: keep what production code needs in src/.`)];
  }
  const from = roomOf(file.path);
  const to = roomOf(target);
  if (from !== undefined && from === to && target === `src/${to}/index.ts` && !forTests) {
    return [
      finding(
        "own-door",
        "a room's own files do not use its door, which knows them all. Instead: import the file that has it, or move it to one that both may know.",
      ),
    ];
  }
  if (from === undefined || to === undefined || from === to) {
    if (to !== undefined || from === undefined || forTests || from === "cli") return [];
    return [
      finding(
        "arrows",
        `${target} is the composition root, which no room may know. Instead: take what is needed as a parameter.`,
      ),
    ];
  }
  const found: Finding[] = [];
  const isDoor = target === `src/${to}/index.ts` || (forTests && isTestingDoor(target, to));
  if (!isDoor) {
    found.push(
      finding(
        "one-door",
        `${target} is inside another room. index.ts is a room's only door, so that the rest may change freely. Instead: import src/${to}/index.ts.`,
      ),
    );
  }
  const room = rooms.find((candidate) => candidate.name === from.split("/")[0]);
  if (room === undefined) {
    found.push(
      finding(
        "arrows",
        `src/${from} is a new room. Instead: add it to tools/arrows/rooms.ts with its arrows and the reason.`,
      ),
    );
  } else if (!forTests && !mayImport(room, to, item.typeOnly)) {
    const kind = item.typeOnly ? "" : " (as code)";
    found.push(
      finding(
        "arrows",
        `${from} may not import ${to}${kind}: ${room.why}. Instead: take it as a parameter from src/server.ts, or call the public API.`,
      ),
    );
  }
  return found;
}

function mayImport(room: Room, to: string, typeOnly: boolean): boolean {
  if (to === "base" || room.may.includes(to)) return true;
  return typeOnly && (room.mayTypes ?? []).includes(to);
}

/** `wire` for src/wire/x.ts, `services/logs` for src/services/logs/x.ts, undefined for files directly in src/. */
function roomOf(path: string): string | undefined {
  return /^src\/(services\/[^/]+|[^/]+)\//.exec(path)?.[1];
}

/** What a room offers to other rooms' tests. */
function isTestingDoor(target: string, room: string): boolean {
  return target === `src/${room}/testing.ts` || target.startsWith(`src/${room}/testing/`);
}

function isForTests(path: string): boolean {
  return /\.test\.ts$|\/(testing|simulation|fixtures|attacks)\/|\/(testing|contract)\.ts$/.test(path);
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Cycles of imports that run (types do not), each reported once, at its first file in path order. */
function findCycles(files: readonly SourceFile[]): readonly Finding[] {
  const edges = new Map<string, readonly string[]>();
  for (const file of files) {
    const targets = file.imports
      .filter((item) => item.specifier.startsWith(".") && !item.typeOnly && !item.dynamic)
      .map((item) => join(dirname(file.path), item.specifier));
    edges.set(file.path, targets);
  }
  const done = new Set<string>();
  const findings: Finding[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const message = `imports go in a circle: ${[...trail.slice(start), path].join(" → ")}. Instead: move what both need into a third file.`;
      findings.push({ path, line: 1, rule: "no-cycles", message });
      return;
    }
    if (done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return findings;
}
