/**
 * How a layer says what it removes from the layers below it, in the kernel's overlay format: a character device 0/0 in place of
 * a name, an attribute on a folder that hides all that was in it. The attribute is the one that needs no right of the host's root.
 */
import { addressOf, cString, systemCall } from "./libc.ts";

const AT_FDCWD = -100n;
const S_IFCHR = 0o020000n;
/** Numbers differ by architecture. */
const CALLS: Readonly<Record<string, { readonly mknodat: bigint; readonly setxattr: bigint }>> = {
  x64: { mknodat: 259n, setxattr: 188n },
  arm64: { mknodat: 33n, setxattr: 5n },
};

export interface OverlayMarks {
  /** Makes `path`, which must not exist, hide whatever has its name in the layers below. */
  whiteout(path: string): void;
  /** Makes the folder at `path` hide all that it has in the layers below. */
  opaque(path: string): void;
}

export const overlayMarks: OverlayMarks = {
  whiteout(path) {
    const name = cString(path);
    systemCall(calls().mknodat, AT_FDCWD, addressOf(name), S_IFCHR, 0n);
  },
  opaque(path) {
    const [name, attribute, value] = [cString(path), cString("user.overlay.opaque"), Buffer.from("y")];
    systemCall(calls().setxattr, addressOf(name), addressOf(attribute), addressOf(value), BigInt(value.length), 0n);
  },
};

function calls(): { readonly mknodat: bigint; readonly setxattr: bigint } {
  const found = CALLS[process.arch];
  if (found === undefined) throw new Error(`layers of images cannot be unpacked on ${process.arch}`);
  return found;
}
