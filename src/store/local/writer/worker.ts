/**
 * The writer thread: the only holder of the SQLite file. Everything that arrived while the last group was being committed
 * is the next group. Its requests come from WriterClient alone.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { CrashAt, FromWriter, Request, ToWriter } from "../operations.ts";
import { crashPoint } from "./crash-point.ts";
import { diskFailure, openDatabase, Refused } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";
import { openTables } from "./tables.ts";

/** What the thread is started with. */
export interface WriterStart {
  readonly databaseFile: string;
  readonly crashAt: CrashAt | undefined;
}

if (parentPort !== null) serve(parentPort, workerData as WriterStart);

function serve(port: MessagePort, { databaseFile, crashAt }: WriterStart): void {
  const post = (message: FromWriter): void => port.postMessage(message);
  let nextExpiryAt: number | undefined;
  let commit: GroupCommit;
  try {
    commit = new GroupCommit({
      open: () => openDatabase(databaseFile),
      crashPoint: crashPoint(crashAt),
      prepare: (database) => {
        const tables = openTables(database);
        nextExpiryAt = tables.nextExpiryAt();
        return tables;
      },
    });
  } catch (error) {
    const refusal =
      error instanceof Refused ? error.refusal : ({ kind: "failed", failure: diskFailure(error) } as const);
    post({ kind: "refused", refusal });
    port.close();
    return;
  }

  let sweepPlanned = false;
  const sweepWhenIdle = (): void => {
    if (sweepPlanned) return;
    sweepPlanned = true;
    setImmediate(() => {
      sweepPlanned = false;
      if (commit.sweep()) sweepWhenIdle();
    });
  };

  port.on("message", (first: ToWriter) => {
    const requests: Request[] = [];
    let closing = false;
    for (let message: ToWriter | undefined = first; message !== undefined; ) {
      if (message.kind === "close") closing = true;
      else requests.push(...message.requests);
      message = receiveMessageOnPort(port)?.message as ToWriter | undefined;
    }
    commit.run(requests, (outcomes) => post({ kind: "outcomes", outcomes }));
    if (requests.some(({ op }) => op === "journals.trim" || op === "journals.delete")) sweepWhenIdle();
    if (!closing) return;
    commit.close();
    post({ kind: "closed" });
    port.close();
  });
  post({ kind: "ready", nextExpiryAt });
  sweepWhenIdle();
}
