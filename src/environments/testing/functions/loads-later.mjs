import { existsSync } from "node:fs";

if (!existsSync(`${process.env.LAMBDA_TASK_ROOT}/may-load`)) process.exit(7);

export async function handler() {
  return "loaded";
}
