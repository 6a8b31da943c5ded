import { writeSync } from "node:fs";

console.log("loading");

export async function handler(event) {
  console.log("first\nstill first");
  writeSync(1, "second\nthird\n");
  writeSync(2, "without newline");
  if (event.forged) console.log(`END RequestId: ${event.forged}`);
  return "said";
}
