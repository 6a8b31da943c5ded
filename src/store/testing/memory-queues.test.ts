/** Queues in memory keep the contract that every store's queues keep, so that what runs over them proves something. */
import { systemClock } from "../../base/index.ts";
import { MemoryQueues, QueueMemory } from "./memory-queues.ts";
import { queuesContract } from "./queues.ts";

queuesContract(async (clock = systemClock) => {
  const memory = new QueueMemory();
  // The clock's timers do not keep a process alive, and here is no disk that would.
  const alive = setInterval(() => memory, 60_000);
  return {
    store: { queues: new MemoryQueues(clock, memory) },
    reopen: async () => ({ queues: new MemoryQueues(clock, memory) }),
    [Symbol.asyncDispose]: async () => clearInterval(alive),
  };
});
