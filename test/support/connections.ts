/** Connections that a server still holds, as the kernel of this machine counts them. */
import { readFileSync } from "node:fs";

const LISTENING = "0A";

/** The server's side of connections to its port. Those that only wait out their time have no inode and are not counted. */
export function connectionsTo(url: string): number {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, "0");
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => readFileSync(file, "utf8").split("\n"));
  return rows.filter((row) => {
    const [, local = "", , state, , , , , , inode] = row.trim().split(/\s+/);
    return local.endsWith(`:${port}`) && state !== LISTENING && inode !== "0";
  }).length;
}
