/**
 * What a stack has made, as a journal in the log group /lambent/stacks/NAME: one line before a resource is made and one when it is
 * there or gone, so a run that breaks off anywhere is taken up by the next one. Holds names, never properties: those are read from the server.
 */
import type { LogsAccess } from "../clients.ts";
import { isObject, type JsonObject, textOf } from "./json.ts";

export interface Entry {
  readonly id: string;
  readonly type: string;
  readonly physicalId: string;
  readonly retain: boolean;
}

const PREFIX = "/lambent/stacks/";
const STREAM = "resources";

export class Journal {
  readonly #logs: LogsAccess;
  readonly #group: string;
  readonly #entries = new Map<string, Entry>();
  #newest = 0;
  #exists = false;

  private constructor(logs: LogsAccess, stack: string) {
    this.#logs = logs;
    this.#group = `${PREFIX}${stack}`;
  }

  static async open(logs: LogsAccess, stack: string): Promise<Journal> {
    const journal = new Journal(logs, stack);
    await journal.#read();
    return journal;
  }

  static async stacks({ sdk, client }: LogsAccess): Promise<readonly string[]> {
    const { logGroups = [] } = await client.send(new sdk.DescribeLogGroupsCommand({ logGroupNamePrefix: PREFIX }));
    return logGroups.map(({ logGroupName = "" }) => logGroupName.slice(PREFIX.length));
  }

  /** In the order in which they were made. */
  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  get exists(): boolean {
    return this.#exists;
  }

  /** Made, or about to be under a name that is known. */
  async record(entry: Entry): Promise<void> {
    const before = this.#entries.get(entry.id);
    if (before?.physicalId === entry.physicalId && before.retain === entry.retain) return;
    await this.#write({ did: "made", ...entry });
    this.#entries.set(entry.id, entry);
  }

  async forget(id: string): Promise<void> {
    await this.#write({ did: "removed", id });
    this.#entries.delete(id);
  }

  /** The stack is no more. */
  async end(): Promise<void> {
    const { sdk, client } = this.#logs;
    if (this.#exists) await client.send(new sdk.DeleteLogGroupCommand({ logGroupName: this.#group }));
  }

  async #read(): Promise<void> {
    const { sdk, client } = this.#logs;
    const where = { logGroupName: this.#group, logStreamName: STREAM, startFromHead: true };
    let token: string | undefined;
    try {
      for (;;) {
        const next = token === undefined ? {} : { nextToken: token };
        const page = await client.send(new sdk.GetLogEventsCommand({ ...where, ...next }));
        for (const { message = "", timestamp = 0 } of page.events ?? []) {
          this.#take(message);
          this.#newest = Math.max(this.#newest, timestamp);
        }
        if (page.nextForwardToken === undefined || page.nextForwardToken === token) break;
        token = page.nextForwardToken;
      }
      this.#exists = true;
    } catch (error) {
      if (!(error instanceof sdk.ResourceNotFoundException)) throw error;
    }
  }

  #take(message: string): void {
    const line: JsonObject[string] = JSON.parse(message);
    if (!isObject(line)) return;
    const [id, type, physicalId] = [line["id"], line["type"], line["physicalId"]].map((value) => textOf(value) ?? "");
    if (id === undefined || id === "") return;
    if (line["did"] === "removed") this.#entries.delete(id);
    else this.#entries.set(id, { id, type: type ?? "", physicalId: physicalId ?? "", retain: line["retain"] === true });
  }

  async #write(line: JsonObject): Promise<void> {
    const { sdk, client } = this.#logs;
    const where = { logGroupName: this.#group, logStreamName: STREAM };
    if (!this.#exists) {
      const unlessThere = (error: unknown): void => {
        if (!(error instanceof sdk.ResourceAlreadyExistsException)) throw error;
      };
      await client.send(new sdk.CreateLogGroupCommand({ logGroupName: this.#group })).catch(unlessThere);
      await client.send(new sdk.CreateLogStreamCommand(where)).catch(unlessThere);
      this.#exists = true;
    }
    this.#newest = Math.max(Date.now(), this.#newest + 1);
    const logEvents = [{ timestamp: this.#newest, message: JSON.stringify(line) }];
    await client.send(new sdk.PutLogEventsCommand({ ...where, logEvents }));
  }
}
