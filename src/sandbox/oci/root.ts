/**
 * The root folder that all sandboxes of a server share, read-only: the host's system folders and an /etc of our own with
 * nothing of the host but public files (CA certificates, the library cache, name-service tables).
 */
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../../base/index.ts";
import type { Mount } from "../driver.ts";
import { ignoring } from "../errors.ts";
import { bindMount, mountRootTmpfs } from "../linux/mounts.ts";

const SYSTEM_FOLDERS = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const OWN_FOLDERS = ["proc", "dev", "tmp", "mnt", "var/task", "var/tmp", "opt", "etc/ssl", "run", "home"];
const PUBLIC_FOLDERS = ["/etc/ssl/certs", "/etc/pki", "/etc/ca-certificates", "/etc/alternatives"];
const PUBLIC_FILES = ["ld.so.cache", "protocols", "services", "mime.types", "ssl/openssl.cnf"];
const USER = "sbx_user1051";

/** Builds the root at `root`, an empty folder. */
export function buildRoot(root: string): void {
  mountRootTmpfs(root);
  for (const folder of OWN_FOLDERS) mkdirSync(`${root}/${folder}`, { recursive: true });
  for (const path of SYSTEM_FOLDERS) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) symlinkSync(readlinkSync(path), root + path);
    else if (stat?.isDirectory()) bindFolder(path, root);
  }
  for (const path of PUBLIC_FOLDERS) if (existsSync(path)) bindFolder(path, root);
  for (const name of PUBLIC_FILES) ignoring(["ENOENT"], () => copyFileSync(`/etc/${name}`, `${root}/etc/${name}`));
  const files = {
    passwd: "",
    group: "root:x:0:\n",
    ...networkFiles(),
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "os-release": 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(`${root}/etc/${name}`, content);
  ignoring(["EEXIST"], () => symlinkSync("/usr/share/zoneinfo/UTC", `${root}/etc/localtime`));
}

/**
 * Builds at `base` what lies above the layers of a root of a sandbox's own: the places of the driver's mounts, real folders
 * and files whatever a layer has there, and who is who on the network.
 */
export function buildImageBase(base: string): void {
  for (const folder of ["proc", "dev", "tmp", "mnt", "etc"])
    mkdirSync(`${base}/${folder}`, { recursive: true, mode: 0o755 });
  for (const [name, content] of Object.entries({ passwd: "", ...networkFiles() })) {
    writeFileSync(`${base}/etc/${name}`, content, { mode: 0o644 });
  }
}

function networkFiles(): Readonly<Record<string, string>> {
  return {
    hosts: "127.0.0.1 localhost sandbox sandbox.localdomain\n",
    "resolv.conf": resolvers()
      .map((address) => `nameserver ${address}\n`)
      .join(""),
  };
}

/** The /etc/passwd of one sandbox, whose user has an id of its own. */
export function passwdFile(uid: number): string {
  return `root:x:0:0:root:/root:/sbin/nologin\n${USER}:x:${uid}:${uid}::/home/${USER}:/sbin/nologin\n`;
}

/** Makes the places in the root where `mounts` will appear. */
export function prepareTargets(root: string, mounts: readonly Mount[]): void {
  for (const { source, target } of mounts) {
    const place = root + target;
    if (existsSync(place)) continue;
    const stat = lstatSync(source, { throwIfNoEntry: false });
    if (stat === undefined)
      throw new UserError("sandbox-mount-missing", `${source} does not exist, so it cannot be mounted at ${target}`);
    mkdirSync(stat.isDirectory() ? place : dirname(place), { recursive: true });
    if (!stat.isDirectory()) writeFileSync(place, "");
  }
}

/** Name servers of the host that a sandbox could reach: loopback ones are not. */
export function resolvers(): readonly string[] {
  for (const file of ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]) {
    if (!existsSync(file)) continue;
    const found = [...readFileSync(file, "utf8").matchAll(/^nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)]
      .map(([, address = ""]) => address)
      .filter((address) => !address.startsWith("127."));
    if (found.length > 0) return found;
  }
  return [];
}

function bindFolder(path: string, root: string): void {
  mkdirSync(root + path, { recursive: true });
  bindMount(path, root + path);
}
