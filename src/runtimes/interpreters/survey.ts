/**
 * Which interpreters this machine has, by the same search that the server does, for `lambent doctor`. Fetches nothing,
 * and a stand-in is named as such.
 */
import type { Log } from "../../base/index.ts";
import { NODE_MAJORS } from "../nodejs/runtime.ts";
import { PYTHON_MINORS } from "../python/runtime.ts";
import { compareVersions, type Version } from "./choice.ts";
import type { Finding } from "./finder.ts";
import { findLocalNodes } from "./node.ts";
import { ProbeCache } from "./probe-cache.ts";
import { findPythons } from "./python.ts";
import type { Environment } from "./version-managers.ts";

export interface SurveyOptions {
  readonly cacheFolder: string;
  readonly hostNode: string;
  readonly log: Log;
  readonly env: Environment;
}

export interface LanguageSurvey {
  /** Versions found that some runtime runs on, newest first. */
  readonly versions: readonly string[];
  /** Runtimes whose own version is not here. */
  readonly absent: readonly string[];
}

export async function surveyInterpreters(options: SurveyOptions): Promise<{
  readonly node: LanguageSurvey;
  readonly python: LanguageSurvey;
}> {
  const finding: Finding = { ...options, probes: new ProbeCache(options.cacheFolder) };
  const nodes = (await findLocalNodes(finding, NODE_MAJORS)).map(({ version }) => version);
  const pythons = (await findPythons(finding)).map(({ version }) => version);
  return {
    node: survey(
      nodes,
      NODE_MAJORS,
      ([major]) => major,
      (line) => `nodejs${line}.x`,
    ),
    python: survey(
      pythons,
      PYTHON_MINORS,
      ([, minor]) => minor,
      (line) => `python3.${line}`,
    ),
  };
}

function survey(
  found: readonly Version[],
  lines: readonly number[],
  lineOf: (version: Version) => number,
  nameOf: (line: number) => string,
): LanguageSurvey {
  const usable = found.filter((version) => lines.includes(lineOf(version)));
  const here = new Set(usable.map(lineOf));
  const versions = usable.toSorted((a, b) => compareVersions(b, a)).map((version) => version.join("."));
  return { versions: [...new Set(versions)], absent: lines.filter((line) => !here.has(line)).map(nameOf) };
}
