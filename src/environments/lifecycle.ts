/**
 * The life of an execution environment as one transition function:
 *
 *   waiting ─assigned─▶ init ─ready─▶ idle ─invoked─▶ busy ─answered─▶ busy (answered) ─settled─▶ idle
 *                        ▲ └─failed─┐  └─failed─┐                        └─failed─┐
 *                        │          ▼           ▼                                 ▼
 *                        └─retried─ broken: its process is gone, its /tmp and log stay
 *   any ─ended─▶ shutdown
 *
 * `waiting` is a sandbox made ahead that serves no function yet. `busy` lasts beyond the answer, until everything that
 * the function wrote before it is in the log. A broken environment is initialised again inside its next invocation.
 * Invariant: an environment serves one invocation at a time, and nothing leaves `shutdown`. An event that a state does not
 * list is a bug of this room and throws.
 */
export type EnvironmentState =
  | { readonly kind: "waiting" }
  | { readonly kind: "init"; readonly phase: "init" | "invoke" }
  | { readonly kind: "broken" }
  | { readonly kind: "idle" }
  | { readonly kind: "busy"; readonly requestId: string; readonly answered: boolean }
  | { readonly kind: "shutdown"; readonly reason: ShutdownReason };

/** AWS's shutdown reasons. */
export type ShutdownReason = "spindown" | "timeout" | "failure";

export type LifecycleEvent =
  | { readonly kind: "assigned" }
  | { readonly kind: "ready" }
  | { readonly kind: "failed" }
  | { readonly kind: "retried" }
  | { readonly kind: "invoked"; readonly requestId: string }
  | { readonly kind: "answered" }
  | { readonly kind: "settled" }
  | { readonly kind: "ended"; readonly reason: ShutdownReason };

export function transition(state: EnvironmentState, event: LifecycleEvent): EnvironmentState {
  if (event.kind === "ended") {
    return state.kind === "shutdown" ? state : { kind: "shutdown", reason: event.reason };
  }
  switch (state.kind) {
    case "waiting":
      if (event.kind === "assigned") return { kind: "init", phase: "init" };
      break;
    case "init":
      if (event.kind === "ready") return { kind: "idle" };
      if (event.kind === "failed") return { kind: "broken" };
      break;
    case "broken":
      if (event.kind === "retried") return { kind: "init", phase: "invoke" };
      break;
    case "idle":
      if (event.kind === "invoked") return { kind: "busy", requestId: event.requestId, answered: false };
      if (event.kind === "failed") return { kind: "broken" };
      break;
    case "busy":
      if (event.kind === "answered" && !state.answered) return { ...state, answered: true };
      if (event.kind === "settled" && state.answered) return { kind: "idle" };
      if (event.kind === "failed" && state.answered) return { kind: "broken" };
      break;
    case "shutdown":
      break;
    default:
      state satisfies never;
  }
  throw new Error(`an environment in state ${state.kind} cannot be ${event.kind}`);
}
