/**
 * While a function becomes ready: shows what the server fetches for it (interpreters, SDKs), which may take a minute the
 * first time. A server that says nothing about itself is waited for in silence.
 */
import type { ClientConfig } from "../config.ts";
import { ACTIVITY_POLL_MS } from "../limits.ts";
import { pause } from "../pause.ts";
import { fetchStatus, type ServerStatus } from "../server-status.ts";
import { StepLine } from "../step-line.ts";
import type { Terminal } from "../terminal.ts";

export async function whileWaiting<T>(config: ClientConfig, terminal: Terminal, act: () => Promise<T>): Promise<T> {
  using line = new StepLine(terminal);
  const ended = new AbortController();
  const watching = showSteps(config, line, ended.signal);
  try {
    return await act();
  } finally {
    ended.abort();
    await watching;
  }
}

/** What a person must know about how this runtime runs here. */
export async function noticesOf(config: ClientConfig, runtime: string): Promise<readonly string[]> {
  return (await statusOf(config))?.runtimeNotices[runtime] ?? [];
}

/** Requests that no policy allows are refused there. */
export async function isEnforced(config: ClientConfig): Promise<boolean> {
  return (await statusOf(config))?.auth === "enforce";
}

/** Functions run as users of their own there. */
export async function isContained(config: ClientConfig): Promise<boolean> {
  return (await statusOf(config))?.isolation?.contains ?? false;
}

async function showSteps(config: ClientConfig, line: StepLine, ended: AbortSignal): Promise<void> {
  for (;;) {
    await pause(ACTIVITY_POLL_MS, ended);
    const status = ended.aborted ? undefined : await statusOf(config);
    if (status === undefined || ended.aborted) return;
    line.show(status.steps);
  }
}

/** Undefined where the endpoint is no Lambent, or gone: what waits for it says so itself. */
async function statusOf(config: ClientConfig): Promise<ServerStatus | undefined> {
  return fetchStatus(config).then(
    ({ status }) => status,
    () => undefined,
  );
}
