/**
 * Where every millisecond of a cold start goes, step by step, as the server tells a caller who asks: medians per runtime and
 * per way to a sandbox (made ahead, forked, or made for the call), beside what the client measured. Steps are the server's;
 * what is left of the client's time is HTTP, the wire and the client.
 */
import { Agent, request } from "node:http";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import Table from "cli-table3";
import { readExplanation, type Step } from "../../src/cli/explanation.ts";
import { deploy, type Hello, invokeTarget } from "./functions.ts";
import { round } from "./report.ts";
import { median, percentile } from "./stats.ts";

const SAMPLES = 15;
/** Between paced samples, for the pool to refill. */
const PAUSE_MS = 200;

interface Sample {
  readonly start: string;
  readonly steps: readonly Step[];
  readonly clientMs: number;
}

/** Prints one table per runtime: first calls with a pause before each, then without, so that the pool runs empty. */
export async function explainColdStarts(url: string, client: LambdaClient, hellos: readonly Hello[]): Promise<void> {
  for (const hello of hellos) {
    const paced: Sample[] = [];
    for (let index = 0; index < SAMPLES; index += 1) {
      const name = `${hello.folder}-explained-${index}`;
      await deploy(client, name, hello);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      paced.push(await sampleOf(url, name));
    }
    const names = Array.from({ length: SAMPLES }, (_, index) => `${hello.folder}-hurried-${index}`);
    for (const name of names) await deploy(client, name, hello);
    const hurried: Sample[] = [];
    for (const name of names) hurried.push(await sampleOf(url, name));
    process.stdout.write(`\n${hello.runtime}: where a cold start goes, p50 in ms\n${tableOf({ paced, hurried })}\n`);
  }
}

function tableOf(runs: Readonly<Record<string, readonly Sample[]>>): string {
  const columns = Object.entries(runs).flatMap(([run, samples]) =>
    [...Map.groupBy(samples, ({ start }) => start)].map(([start, group]) => ({
      head: `${run}, ${start} (${group.length})`,
      group,
    })),
  );
  const table = new Table({
    head: ["step", ...columns.map(({ head }) => head)],
    colAligns: ["left", ...columns.map(() => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  const steps = columns[0]?.group[0]?.steps.map(({ step }) => step) ?? [];
  for (const step of steps) {
    const msOf = (sample: Sample): number => sample.steps.find((found) => found.step === step)?.ms ?? 0;
    table.push([step, ...columns.map(({ group }) => round(median(group.map(msOf))))]);
  }
  const client = columns.map(({ group }) => group.map(({ clientMs }) => clientMs));
  table.push(["client to response, p50", ...client.map((samples) => round(median(samples)))]);
  table.push(["client to response, p95", ...client.map((samples) => round(percentile(samples, 0.95)))]);
  return table.toString();
}

/** A call on a connection of its own, as a client makes its first. */
function sampleOf(url: string, name: string): Promise<Sample> {
  const target = invokeTarget(url, name);
  const agent = new Agent();
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      target.url,
      { method: target.method, headers: { ...target.headers, "x-lambent-explain": "1" }, agent },
      (incoming) => {
        incoming.resume();
        incoming.once("end", () => {
          agent.destroy();
          const clientMs = performance.now() - began;
          const header = incoming.headers["x-lambent-explain"];
          const explanation = readExplanation(typeof header === "string" ? header : undefined, clientMs);
          if (explanation === undefined)
            reject(new Error(`${name} answered ${incoming.statusCode} without explanation`));
          else resolve({ start: explanation.start, steps: explanation.steps, clientMs });
        });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(target.body);
  });
}
