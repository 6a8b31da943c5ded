/**
 * A history before it happens: what clients, operators and misfortune do, step by step, with nothing left to chance. A
 * plan is plain data, so a failing one can be printed, shortened and run again.
 */

/** How one try of a function ends. The last three never reach the function: no memory, a failure of the system, no runtime. */
export type Outcome = "ok" | "error" | "timeout" | "exit" | "capacity" | "system" | "unprovidable";

export interface Try {
  readonly outcome: Outcome;
  readonly ms: number;
}

/** Operations of ports that can be made to fail. */
export type FaultPoint = "send" | "receive" | "ack" | "nack" | "extend" | "depth" | "list" | "settled" | "deliver";

/** `before` and `after` the operation took effect. */
export type FaultMode = "fail-before" | "fail-after" | "slow" | "crash-before" | "crash-after";

export interface InvokeAction {
  readonly kind: "invoke";
  readonly type: "sync" | "async";
  /** Names the invocation in the trace. */
  readonly label: string;
  readonly name: string;
  readonly qualifier?: string;
  /** How each try ends; the last one stands for all later ones. */
  readonly script: readonly Try[];
  /** Each good run invokes the same function again, as an event. */
  readonly loops?: true;
}

export type Action =
  | InvokeAction
  | { readonly kind: "create"; readonly name: string; readonly pendingMs: number }
  | { readonly kind: "update"; readonly name: string }
  | { readonly kind: "delete"; readonly name: string }
  | { readonly kind: "publish"; readonly name: string }
  /** `nth` of the versions that there are then, counted round. */
  | { readonly kind: "delete-version"; readonly name: string; readonly nth: number }
  | {
      readonly kind: "move-alias";
      readonly name: string;
      readonly alias: string;
      readonly nth: number;
      readonly weight?: number;
    }
  /** Keeps environments ready for the `nth` version; none when `requested` is 0. */
  | { readonly kind: "provision"; readonly name: string; readonly nth: number; readonly requested: number }
  | { readonly kind: "reserve"; readonly name: string; readonly amount?: number }
  | {
      readonly kind: "configure";
      readonly name: string;
      readonly qualifier: string;
      readonly retries?: number;
      readonly ageSeconds?: number;
      readonly onSuccess?: Target;
      readonly onFailure?: Target;
    }
  | { readonly kind: "dead-letter"; readonly name: string; readonly target?: Target }
  | {
      readonly kind: "fault";
      readonly point: FaultPoint;
      readonly mode: FaultMode;
      readonly times: number;
      readonly ms: number;
    }
  | { readonly kind: "redeliver"; readonly name: string }
  | { readonly kind: "crash"; readonly downMs: number }
  | { readonly kind: "restart"; readonly downMs: number };

/** Functions and queues that are told of ends. `nowhere` does not exist, and `denied` takes nothing. */
export type Target = "sink-good" | "sink-bad" | "nowhere" | "queue" | "dead-queue" | "denied";

/** Ways in which the simulated ports themselves may be broken, to see that it is found. */
export type Defect = "lost-ack" | "lost-message" | "old-body" | "early";

export interface Step {
  /** Milliseconds after the history's beginning. */
  readonly at: number;
  readonly action: Action;
}

export interface Plan {
  readonly seed: number;
  readonly accountConcurrency: number;
  /** What every operation of the store takes, before and after it takes effect. */
  readonly latencyMs: number;
  readonly steps: readonly Step[];
  readonly defect?: Defect;
}

/** Functions that only receive what has become of events. */
export const SINKS = ["sink-good", "sink-bad"] as const;

/** The target's ARN. */
export function targetArn(target: Target): string {
  const service = target.startsWith("sink") || target === "nowhere" ? "lambda" : "sqs";
  const name = service === "lambda" ? `function:${target}` : target;
  return `arn:aws:${service}:us-east-1:000000000000:${name}`;
}

/** One line for the trace. */
export function describe(action: Action): string {
  const { kind, ...rest } = action;
  const parts = Object.entries(rest).map(([name, value]) =>
    name === "script" ? `script=${scriptText(action)}` : `${name}=${String(value)}`,
  );
  return [kind, ...parts].join(" ");
}

function scriptText(action: Action): string {
  if (action.kind !== "invoke") return "";
  return action.script.map(({ outcome, ms }) => `${outcome}/${ms}`).join(",");
}
