/**
 * GetDurableExecution, GetDurableExecutionHistory, GetDurableExecutionState, ListDurableExecutionsByFunction,
 * StopDurableExecution, CheckpointDurableExecution and the SendDurableExecutionCallback operations, of a server that runs no
 * execution durably: none exists, and they say so in AWS's words.
 */
import type { Handlers } from "../wire/index.ts";
import { type ControlPlane, type LambdaModule, referTo } from "./control-plane.ts";
import { invalidParameter, notFound } from "./errors.ts";
import { getVersion } from "./functions.ts";
import { openMarker } from "./pages.ts";

type Operations =
  | "GetDurableExecution"
  | "GetDurableExecutionHistory"
  | "GetDurableExecutionState"
  | "ListDurableExecutionsByFunction"
  | "StopDurableExecution"
  | "CheckpointDurableExecution"
  | "SendDurableExecutionCallbackSuccess"
  | "SendDurableExecutionCallbackFailure"
  | "SendDurableExecutionCallbackHeartbeat";

export function durableExecutionHandlers(plane: ControlPlane): Pick<Handlers<LambdaModule>, Operations> {
  const noExecution = async ({
    DurableExecutionArn: arn,
  }: {
    readonly DurableExecutionArn: string;
  }): Promise<never> => {
    throw notFound(`Durable execution not found: ${arn}`);
  };
  /** SDKs take the text for a sign that the invocation is over, so its beginning is part of the contract. */
  const noToken = async (): Promise<never> => {
    throw invalidParameter("Invalid Checkpoint Token");
  };
  const noCallback = async ({ CallbackId: id }: { readonly CallbackId: string }): Promise<never> => {
    throw notFound(`Callback not found: ${id}`);
  };
  return {
    GetDurableExecution: noExecution,
    GetDurableExecutionHistory: noExecution,
    StopDurableExecution: noExecution,
    GetDurableExecutionState: noToken,
    CheckpointDurableExecution: noToken,
    SendDurableExecutionCallbackSuccess: noCallback,
    SendDurableExecutionCallbackFailure: noCallback,
    SendDurableExecutionCallbackHeartbeat: noCallback,

    async ListDurableExecutionsByFunction(input, call) {
      const { name } = referTo(input.FunctionName, call, input.Qualifier);
      await getVersion(plane, input.FunctionName, call, input.Qualifier);
      const scope = `ListDurableExecutionsByFunction/${call.accountId}/${call.region}/${name}`;
      if (input.Marker !== undefined) openMarker(scope, input.Marker);
      return { DurableExecutions: [] };
    },
  };
}
