/** What a bench's numbers were measured on, without anything that names the machine. */
import { cpus, release, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
}

export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    // The rest of a release names whoever built it.
    kernel: `${process.platform} ${/^[\d.]+/.exec(release())?.[0] ?? ""}`.trim(),
  };
}
