/**
 * One load generator for every server that is compared: keep-alive connections, one request at a time per caller, a fixed
 * number of requests. It ends by itself and talks to loopback only.
 */
import { Agent, request } from "node:http";

export interface Target {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadResult {
  /** Milliseconds per request. */
  readonly latenciesMs: readonly number[];
  readonly requestsPerSecond: number;
}

/** Sends `requests` requests from `callers` callers; throws when any answer is neither 200 nor 202. */
export async function load(
  target: Target,
  options: { readonly callers: number; readonly requests: number },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.callers });
  const latenciesMs: number[] = [];
  let left = options.requests;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: options.callers }, async () => {
      while (left > 0) {
        left -= 1;
        const sent = performance.now();
        await once(target, agent);
        latenciesMs.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  return { latenciesMs, requestsPerSecond: options.requests / seconds };
}

/** One request; resolves with the body. */
export function once(target: Target, agent: Agent): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      target.url,
      {
        method: target.method,
        headers: { ...target.headers, "content-length": String(Buffer.byteLength(target.body)) },
        agent,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          const body = Buffer.concat(chunks);
          if (incoming.statusCode === 200 || incoming.statusCode === 202) resolve(body);
          else
            reject(
              new Error(
                `${target.method} ${target.url} answered ${incoming.statusCode}: ${body.toString("utf8", 0, 300)}`,
              ),
            );
        });
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(target.body);
  });
}
