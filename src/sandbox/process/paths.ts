/**
 * Paths inside a sandbox that has no inside: the `process` driver keeps one host folder per sandbox and maps the paths
 * that a function knows to it. Pure text, no file is touched.
 */
import type { Mount } from "../driver.ts";

export interface PathMap {
  /** The host path that stands for a path inside; identity for paths that are not mapped. */
  path(inside: string): string;
  /** The same within text: a whole path, a `--flag=/path`, or a list separated by colons. */
  text(value: string): string;
}

/** Maps /var/task, /opt, /mnt and /tmp to folders below `folder`, and every mount's target to its source. */
export function pathMap(folder: string, mounts: readonly Mount[]): PathMap {
  const places = [
    ...mounts.map((mount) => ({ target: mount.target, source: mount.source })),
    { target: "/var/task", source: `${folder}/task` },
    { target: "/opt", source: `${folder}/opt` },
    { target: "/tmp", source: `${folder}/tmp` },
    { target: "/mnt", source: `${folder}/mnt` },
  ].sort((a, b) => b.target.length - a.target.length);

  const path = (inside: string): string => {
    for (const { target, source } of places) {
      if (inside === target) return source;
      if (inside.startsWith(`${target}/`)) return source + inside.slice(target.length);
    }
    return inside;
  };
  const text = (value: string): string => {
    const flag = /^-[\w-]+=(?=\/)/.exec(value)?.[0] ?? "";
    return flag + value.slice(flag.length).split(":").map(path).join(":");
  };
  return { path, text };
}
