import { closeSync } from "node:fs";

export async function handler() {
  closeSync(3);
  await new Promise(() => setInterval(() => undefined, 1000));
}
