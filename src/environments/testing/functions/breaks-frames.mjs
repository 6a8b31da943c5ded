import { writeSync } from "node:fs";

export async function handler() {
  writeSync(3, "this is no frame at all");
  await new Promise(() => setInterval(() => undefined, 1000));
}
