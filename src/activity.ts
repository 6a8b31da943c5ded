/**
 * What the server fetches just now (interpreters, SDKs) and which runtimes run on something else than asked for. Told to
 * the person who started it as it happens, and shown at /_lambent/status for clients that wait.
 */
import type { Clock, Log } from "./base/index.ts";
import type { Progress, ProgressStep } from "./runtimes/index.ts";

export interface ActivityOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Hears every step. */
  readonly progress?: Progress;
}

export class Activity {
  readonly #options: ActivityOptions;
  readonly #steps = new Map<string, number>();
  readonly #notices = new Map<string, readonly string[]>();

  constructor(options: ActivityOptions) {
    this.#options = options;
  }

  /** One of the few things that take long begins or ends. */
  step(step: ProgressStep): void {
    if (step.state === "started") this.#steps.set(step.what, this.#options.clock.now());
    else this.#steps.delete(step.what);
    this.#options.progress?.(step);
  }

  /** What a person must know about a runtime; each sentence is said once, and shown until it no longer holds. */
  notice(runtime: string, sentences: readonly string[]): void {
    const known = this.#notices.get(runtime) ?? [];
    this.#notices.set(runtime, sentences);
    for (const sentence of sentences) if (!known.includes(sentence)) this.#options.log.warn(sentence);
  }

  /** `since`: epoch milliseconds. */
  get steps(): readonly { readonly what: string; readonly since: number }[] {
    return [...this.#steps].map(([what, since]) => ({ what, since }));
  }

  get notices(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#notices].filter(([, sentences]) => sentences.length > 0));
  }
}
