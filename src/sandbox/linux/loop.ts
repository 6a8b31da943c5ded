/**
 * Loop devices: block devices backed by a file. Set to clear themselves at the last unmount, so an unlinked backing
 * file and its device vanish together with the mounts of a killed server.
 */
import { closeSync, openSync } from "node:fs";
import { hasErrorCode } from "../errors.ts";
import { addressOf, libc } from "./libc.ts";

const LOOP_CTL_GET_FREE = 0x4c82n;
const LOOP_CONFIGURE = 0x4c0an;
const CONFIG_BYTES = 304;
const FLAGS_AT = 8 + 52;
const LO_FLAGS_AUTOCLEAR = 4;
const LO_FLAGS_DIRECT_IO = 16;
const ATTEMPTS_MAX = 16;

/** Attaches the open file `fd` to a free loop device and runs `use` with its path while the device is held open. */
export function withLoopDevice<T>(fd: number, use: (device: string) => T): T {
  const { device, path } = configure(fd);
  try {
    return use(path);
  } finally {
    closeSync(device);
  }
}

/** True when this host can make loop devices. */
export function hasLoopDevices(): boolean {
  try {
    closeSync(openSync("/dev/loop-control", "r+"));
    return true;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "EACCES", "EPERM", "ENODEV", "ENXIO")) return false;
    throw error;
  }
}

function configure(fd: number): { readonly device: number; readonly path: string } {
  const control = openSync("/dev/loop-control", "r+");
  try {
    for (let attempt = 1; ; attempt += 1) {
      const path = `/dev/loop${libc("ioctl", [control, LOOP_CTL_GET_FREE, 0n])}`;
      const device = openSync(path, "r+");
      try {
        const config = Buffer.alloc(CONFIG_BYTES);
        config.writeUInt32LE(fd, 0);
        config.writeUInt32LE(4096, 4);
        config.writeUInt32LE(LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO, FLAGS_AT);
        libc("ioctl", [device, LOOP_CONFIGURE, addressOf(config)]);
        return { device, path };
      } catch (error) {
        closeSync(device);
        // EBUSY: another server took the device between the two calls.
        if (!hasErrorCode(error, "EBUSY") || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  } finally {
    closeSync(control);
  }
}
