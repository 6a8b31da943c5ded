/** Queues of another service that are told of events' ends: one takes everything, one is denied, and all fail by faults. */
import { ServiceError } from "../../wire/index.ts";
import type { ReachedService, TargetService, TargetServices } from "../destinations/target.ts";
import type { Ledger } from "./ledger.ts";
import type { Life } from "./life.ts";
import { toldIn } from "./messages.ts";

export function simulatedServices(life: Life, ledger: Ledger): TargetServices {
  const call = async (_operation: string, input: object): Promise<{ readonly $metadata: object }> => {
    const name = String(Reflect.get(input, "QueueUrl")).split("/").at(-1);
    const body = String(Reflect.get(input, "MessageBody"));
    const { requestId, condition } = deadLetterIn(input) ?? toldIn(body);
    const event = ledger.events.get(requestId);
    if (event === undefined) ledger.violate("records-tell-of-events", `${name} got a record of nothing`);
    await life.operate(
      "deliver",
      async () => {
        if (name === "denied") throw new ServiceError("AccessDenied", 403, "simulated");
        ledger.note("target", `${name} is told of ${event?.label}`);
        event?.records.push(`${name} ${condition}`);
      },
      () => {
        if (event !== undefined) ledger.doubt(event, 0);
      },
    );
    return { $metadata: {} };
  };
  return {
    reach: async <S extends TargetService>() =>
      ({ client: { call }, endpoint: "http://localhost" }) as ReachedService<S>,
    requireInvoke: async () => undefined,
  };
}

/** A dead letter is the event itself; its attributes tell whose it is. */
function deadLetterIn(input: object): { readonly requestId: string; readonly condition: string } | undefined {
  const attributes: { readonly RequestID?: { readonly StringValue: string } } | undefined = Reflect.get(
    input,
    "MessageAttributes",
  );
  const requestId = attributes?.RequestID?.StringValue;
  return requestId === undefined ? undefined : { requestId, condition: "" };
}
