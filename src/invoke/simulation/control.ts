/**
 * The operators of a history: they deploy, change and delete functions, within what the control plane permits, and know
 * what was deployed at every moment. While a change is not answered yet, both its before and its after may be seen.
 */
import type { SimulatedClock } from "../../base/testing/simulated-clock.ts";
import {
  type Deployments,
  type FunctionRecord,
  functionRecord,
  versionRecord,
} from "../../lambda/testing/deployments.ts";
import type { Ledger } from "./ledger.ts";
import { type Action, targetArn } from "./plan.ts";

type Change = Exclude<Action, { readonly kind: "invoke" | "fault" | "redeliver" | "crash" | "restart" }>;
type EventInvoke = FunctionRecord["eventInvoke"][number];

interface Moment {
  readonly at: number;
  readonly record: FunctionRecord | undefined;
}

export class Control {
  readonly #deployments: Deployments;
  readonly #clock: SimulatedClock;
  readonly #ledger: Ledger;
  readonly #accountConcurrency: number;
  readonly #history = new Map<string, Moment[]>();
  #changing: { readonly name: string; readonly before: FunctionRecord | undefined } | undefined;
  #revisions = 0;
  /** When anything was last deployed or set. */
  changedAt = 0;

  constructor(options: {
    readonly deployments: Deployments;
    readonly clock: SimulatedClock;
    readonly ledger: Ledger;
    readonly accountConcurrency: number;
  }) {
    this.#deployments = options.deployments;
    this.#clock = options.clock;
    this.#ledger = options.ledger;
    this.#accountConcurrency = options.accountConcurrency;
  }

  get names(): readonly string[] {
    return [...this.#history.keys()].filter((name) => this.record(name) !== undefined);
  }

  record(name: string): FunctionRecord | undefined {
    return this.#history.get(name)?.at(-1)?.record;
  }

  /** What all functions have reserved or provisioned for themselves. */
  get claimedTotal(): number {
    return this.names.reduce((sum, name) => sum + claimOf(this.record(name)), 0);
  }

  /** What may be seen of a function now: two records while a change is on its way. */
  seen(name: string): readonly (FunctionRecord | undefined)[] {
    const now = this.record(name);
    return this.#changing?.name === name ? [now, this.#changing.before] : [now];
  }

  /** What was deployed at any moment from `from` on. */
  since(name: string, from: number): readonly (FunctionRecord | undefined)[] {
    const moments = this.#history.get(name) ?? [];
    const later = moments.filter(({ at }) => at >= from);
    const before = moments.filter(({ at }) => at < from).at(-1);
    return [before?.record, ...later.map(({ record }) => record)];
  }

  /** Settings for asynchronous events that held at any moment from `from` on. */
  settingsSince(name: string, qualifier: string | undefined, from: number): readonly (EventInvoke | undefined)[] {
    return this.since(name, from)
      .filter((record) => record !== undefined)
      .map((record) => record.eventInvoke.find((config) => config.qualifier === (qualifier ?? "$LATEST")));
  }

  /** Carries out one change and resolves when it is answered. */
  async apply(action: Change): Promise<void> {
    const before = this.record(action.name);
    const after = this.#after(action, before);
    if (after === "refused") {
      this.#ledger.note("control", "(not possible now)");
      return;
    }
    await this.#write(action.name, after);
    if (action.kind === "create" && action.pendingMs > 0) {
      const pending = this.record(action.name)?.latest.revisionId;
      this.#clock.schedule(action.pendingMs, () => this.#activate(action.name, pending));
    }
  }

  async #write(name: string, after: FunctionRecord | undefined): Promise<void> {
    const moments = this.#history.get(name) ?? [];
    this.changedAt = this.#clock.now();
    this.#changing = { name, before: moments.at(-1)?.record };
    this.#history.set(name, [...moments, { at: this.#clock.now(), record: after }]);
    if (after === undefined) this.#deployments.delete(name);
    else this.#deployments.write(after);
    await this.#clock.settle();
    this.#changing = undefined;
  }

  #activate(name: string, revision: string | undefined): void {
    const record = this.record(name);
    if (record?.latest.revisionId !== revision || record === undefined) return;
    this.#ledger.note("control", `${name} is active`);
    this.changedAt = this.#clock.now();
    const after = { ...record, latest: { ...record.latest, state: { name: "Active" as const } } };
    const moments = this.#history.get(name) ?? [];
    this.#history.set(name, [...moments, { at: this.#clock.now(), record: after }]);
    this.#deployments.write(after);
  }

  #after(action: Change, record: FunctionRecord | undefined): FunctionRecord | undefined | "refused" {
    if (action.kind === "create") return record === undefined ? this.#created(action) : "refused";
    if (record === undefined) return "refused";
    const version = "nth" in action ? record.versions[action.nth % Math.max(record.versions.length, 1)] : undefined;
    switch (action.kind) {
      case "delete":
        return undefined;
      case "update":
        return { ...record, latest: { ...record.latest, ...this.#revision(action.name) } };
      case "publish":
        return this.#published(record);
      case "delete-version": {
        const used = record.aliases.some((alias) => [alias.version, alias.routing?.version].includes(version?.version));
        if (version === undefined || used) return "refused";
        return {
          ...record,
          provisioned: (record.provisioned ?? []).filter(({ qualifier }) => qualifier !== version.version),
          versions: record.versions.filter((other) => other !== version),
          eventInvoke: record.eventInvoke.filter(({ qualifier }) => qualifier !== version.version),
        };
      }
      case "move-alias": {
        if (version === undefined) return "refused";
        const second = record.versions.find((other) => other !== version);
        const { alias: name, weight } = action;
        const alias = {
          name,
          version: version.version,
          description: "",
          revisionId: "",
          ...(weight !== undefined && second !== undefined && { routing: { version: second.version, weight } }),
        };
        return { ...record, aliases: [...record.aliases.filter((other) => other.name !== name), alias] };
      }
      case "reserve": {
        const { reservedConcurrency: _current, ...rest } = record;
        const others = this.claimedTotal - claimOf(record);
        const provisioned = provisionedOf(record);
        if (action.amount === undefined) return others + provisioned >= this.#accountConcurrency ? "refused" : rest;
        if (action.amount < provisioned) return "refused";
        if (others + action.amount >= this.#accountConcurrency) return "refused";
        return { ...rest, reservedConcurrency: action.amount };
      }
      case "provision":
        return version === undefined ? "refused" : this.#provisioned(record, version.version, action.requested);
      case "configure":
        return this.#configured(record, action);
      case "dead-letter": {
        const { deadLetterTarget: _former, ...settings } = record.latest.settings;
        const { target } = action;
        const next = target === undefined ? settings : { ...settings, deadLetterTarget: targetArn(target) };
        return { ...record, latest: { ...record.latest, settings: next } };
      }
    }
  }

  #created(action: Extract<Change, { kind: "create" }>): FunctionRecord {
    const record = functionRecord(action.name, this.#revision(action.name).configurationId);
    if (action.pendingMs === 0) return record;
    return { ...record, latest: { ...record.latest, state: { name: "Pending" } } };
  }

  #published(record: FunctionRecord): FunctionRecord | "refused" {
    if (record.latest.state.name !== "Active") return "refused";
    const version = String(record.nextVersion);
    const { configurationId } = this.#revision(record.name);
    this.#deployments.writeVersion(record.name, configurationId, versionRecord(version, configurationId));
    return {
      ...record,
      nextVersion: record.nextVersion + 1,
      versions: [...record.versions, { version, id: configurationId, content: configurationId }],
    };
  }

  #provisioned(record: FunctionRecord, qualifier: string, requested: number): FunctionRecord | "refused" {
    const others = (record.provisioned ?? []).filter((setting) => setting.qualifier !== qualifier);
    const setting = { qualifier, requested, lastModifiedMs: this.#clock.now() };
    const after = { ...record, provisioned: requested === 0 ? others : [...others, setting] };
    const { reservedConcurrency } = record;
    if (reservedConcurrency !== undefined && provisionedOf(after) > reservedConcurrency) return "refused";
    const claimed = this.claimedTotal - claimOf(record) + claimOf(after);
    return claimed >= this.#accountConcurrency ? "refused" : after;
  }

  #configured(record: FunctionRecord, action: Extract<Change, { kind: "configure" }>): FunctionRecord | "refused" {
    const { qualifier, retries, ageSeconds, onSuccess, onFailure } = action;
    const known = [
      "$LATEST",
      ...record.versions.map(({ version }) => version),
      ...record.aliases.map(({ name }) => name),
    ];
    if (!known.includes(qualifier)) return "refused";
    const config = {
      qualifier,
      lastModifiedMs: 0,
      ...(retries !== undefined && { maximumRetryAttempts: retries }),
      ...(ageSeconds !== undefined && { maximumEventAgeSeconds: ageSeconds }),
      ...(onSuccess !== undefined && { onSuccess: targetArn(onSuccess) }),
      ...(onFailure !== undefined && { onFailure: targetArn(onFailure) }),
    };
    return {
      ...record,
      eventInvoke: [...record.eventInvoke.filter((other) => other.qualifier !== qualifier), config],
    };
  }

  #revision(name: string): { readonly revisionId: string; readonly configurationId: string } {
    this.#revisions += 1;
    const id = `${name}-r${this.#revisions}`;
    return { revisionId: id, configurationId: id };
  }
}

/** All provisioned concurrency of a function. */
export function provisionedOf(record: FunctionRecord | undefined): number {
  return (record?.provisioned ?? []).reduce((sum, { requested }) => sum + requested, 0);
}

/** What a function has for itself alone. */
export function claimOf(record: FunctionRecord | undefined): number {
  return record?.reservedConcurrency ?? provisionedOf(record);
}

/** Revisions that `qualifier` may run. */
export function revisionsOf(record: FunctionRecord | undefined, qualifier: string | undefined): readonly string[] {
  if (record === undefined) return [];
  const name = qualifier ?? "$LATEST";
  if (name === "$LATEST") return [record.latest.configurationId];
  const alias = record.aliases.find((candidate) => candidate.name === name);
  const numbers = alias === undefined ? [name] : [alias.version, alias.routing?.version];
  return record.versions.filter(({ version }) => numbers.includes(version)).map(({ id }) => id);
}
