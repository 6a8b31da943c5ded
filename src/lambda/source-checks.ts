/**
 * Looks whether Lambda can still read the objects that functions have as their code, as AWS does: a version
 * whose object it cannot read becomes Inactive. $LATEST is Active again when it is updated, as on AWS; a published version, which
 * cannot be, when its object can be read again. Layers are not looked at: a function stays Active without theirs.
 */
import type { Log } from "../base/index.ts";
import { type CodeSources, SourceProblem } from "./code-sources.ts";
import type { Directory } from "./directory.ts";
import { functionArn, LATEST } from "./names.ts";
import type { FunctionRecord } from "./records.ts";

export interface SourceChecksOptions {
  readonly sources: CodeSources;
  readonly directory: Directory;
  readonly log: Log;
  /** Compare-and-set change of a function's head; undefined from `change` leaves it. */
  readonly change: (
    record: FunctionRecord,
    change: (current: FunctionRecord) => FunctionRecord | undefined,
  ) => Promise<unknown>;
}

export class SourceChecks implements AsyncDisposable {
  readonly #options: SourceChecksOptions;
  #running: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(options: SourceChecksOptions) {
    this.#options = options;
  }

  /** Looks at all of them, after a look that is under way. Never rejects. */
  check(): Promise<void> {
    this.#running = this.#running.then(() => this.#checkAll());
    return this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#running;
  }

  /** One after the other: nobody waits for it. */
  async #checkAll(): Promise<void> {
    for (const record of [...this.#options.directory.functions()]) {
      if (this.#ended) return;
      await this.#check(record).catch((error: unknown) =>
        this.#options.log.warn("whether code in S3 can still be read is not known", { function: record.name, error }),
      );
    }
  }

  async #check(record: FunctionRecord): Promise<void> {
    const before = record.lostSources ?? [];
    const lost: string[] = [];
    for (const { version, code } of this.#options.directory.versionsOf(record)) {
      if (code.kind !== "zip" || code.source === undefined) continue;
      const stays = version === LATEST && before.includes(LATEST);
      const { accountId, region } = record;
      const owner = { accountId, region, arn: functionArn(record, record.name) };
      if (stays || (await this.#isLost(code.source, owner))) lost.push(version);
    }
    if (lost.join() === before.join()) return;
    const { configurationId } = record.serving ?? record.latest;
    await this.#options.change(record, (current) => {
      const same = (current.serving ?? current.latest).configurationId === configurationId;
      const { lostSources: _before, ...rest } = current;
      return same ? { ...rest, ...(lost.length > 0 && { lostSources: lost }) } : undefined;
    });
  }

  async #isLost(...of: Parameters<CodeSources["require"]>): Promise<boolean> {
    try {
      await this.#options.sources.require(...of);
      return false;
    } catch (error) {
      if (!(error instanceof SourceProblem)) throw error;
      this.#options.log.warn("a function's code in S3 cannot be read any more", { error, ...of[0] });
      return true;
    }
  }
}
