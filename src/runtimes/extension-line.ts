/**
 * The line by which a waiting stage starts the extensions of a function's layers beside itself; then it waits for its next
 * line. Each extension has a small shell around it that says on the channel how it ended: as a frame where the channel
 * carries frames, else as a line of text. Knows shells, not Lambda.
 */
import { FrameType } from "./frames.ts";
import { assignments, quote } from "./stage.ts";

export interface ExtensionProgram {
  /** As seen from inside. */
  readonly path: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface ExtensionExit {
  /** Its place among the programs of the line. */
  readonly index: number;
  /** As a shell tells it: 126 and 127 when it could not be started, 128 and more for a signal. */
  readonly status: number;
}

const TEXT = /^Extension\.Exit (\d{1,3}) (\d{1,3})$/gm;

export function extensionsLine(programs: readonly ExtensionProgram[], report: "frame" | "text"): string {
  const starts = programs.map(({ path, variables }, index) => {
    const said = report === "frame" ? exitFrame(index) : `Extension.Exit ${index} %d\\n`;
    return `( ${assignments(variables)}${quote(path)} 3<&-; printf '${said}' "$?" >&3 ) & `;
  });
  return `${starts.join("")}eval "$(head -n 1 <&3)"\n`;
}

/** What the shells around the extensions said, when the channel carries text. */
export function readExtensionExits(said: Uint8Array): readonly ExtensionExit[] {
  return [...Buffer.from(said).toString("latin1").matchAll(TEXT)].map(([, index, status]) => ({
    index: Number(index),
    status: Number(status),
  }));
}

/** A printf format: the frame with room for three digits, which JSON allows to be blanks before a number. */
function exitFrame(index: number): string {
  const header = `{"index":${index},"status":___}`;
  const fixed = Buffer.alloc(9);
  fixed.writeUInt32BE(5 + header.length, 0);
  fixed.writeUInt8(FrameType.extensionExit, 4);
  fixed.writeUInt32BE(header.length, 5);
  const octal = [...fixed].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  return octal + header.replace("___", "%3d");
}
