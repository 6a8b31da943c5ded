/**
 * A load generator in a process of its own, so that whoever measures beside it shares the machine with it and no more.
 * Says `began` when it begins, and ends by itself.
 */
import { load, type Target } from "./load.ts";

const [target = "", callers = "1", requests = "1"] = process.argv.slice(2);
const parsed: Target = JSON.parse(target);
process.stdout.write("began\n");
await load(parsed, { callers: Number(callers), requests: Number(requests) });
