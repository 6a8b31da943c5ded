import { realpathSync } from "node:fs";

export async function handler() {
  return { ...process.env, cwd: process.cwd(), realTaskRoot: realpathSync(process.env.LAMBDA_TASK_ROOT) };
}
