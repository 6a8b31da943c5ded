/**
 * The end of a listening server: no new connections, requests in flight get their answers, and what takes longer than
 * the grace is hung up on, so that the end comes in bounded time. Callers with an SDK try again elsewhere or later.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import type { Clock } from "./base/index.ts";

/** What is left of the server's whole end (the command line waits ten seconds) when environments and store have theirs. */
const DRAIN_MS = 3_000;
/** How often connections whose last answer is out are closed. */
const SWEEP_MS = 50;

export async function closeGently(server: Server, clock: Clock, graceMs: number = DRAIN_MS): Promise<void> {
  // A client that asks again on the same connection is answered once more and told to leave.
  server.prependListener("request", (_request, response) => {
    response.shouldKeepAlive = false;
  });
  const closed = once(server, "close");
  server.close();
  const over = clock.schedule(graceMs, () => server.closeAllConnections());
  let sweep = clock.schedule(SWEEP_MS, closeIdle);
  function closeIdle(): void {
    server.closeIdleConnections();
    sweep = clock.schedule(SWEEP_MS, closeIdle);
  }
  await closed;
  sweep.cancel();
  over.cancel();
}
