/**
 * The templates of one server: started at the first need, kept while they are used, a bounded number, none after a long
 * silence. A template that cannot be had is said once, and sandboxes are then made without it.
 */
import type { Timer } from "../../base/index.ts";
import { Cgroup } from "../cgroup/cgroup.ts";
import type { SandboxSpec, Template as TemplateSpec } from "../driver.ts";
import { TEMPLATE_IDLE_MS, TEMPLATE_RETRY_MS, TEMPLATES_MAX } from "../limits.ts";
import { type SyscallNumbers, syscallNumbers } from "../linux/syscalls.ts";
import type { OciHost } from "./host.ts";
import { seccompProgram } from "./seccomp.ts";
import { seccompFilter } from "./seccomp-filter.ts";
import { isLean } from "./start.ts";
import { Template } from "./template.ts";

interface Entry {
  readonly started: Promise<Template>;
  ready: Template | undefined;
  usedMs: number;
}

type WithTemplate = SandboxSpec & { readonly template: TemplateSpec };

/** What forks need beside their template. */
export interface ForkTools {
  readonly syscalls: SyscallNumbers;
  /** The seccomp program, as the kernel takes it. */
  readonly filter: Buffer;
}

export class Templates {
  readonly #host: OciHost;
  readonly #entries = new Map<string, Entry>();
  /** Monotonic times until which no template is tried for a key. */
  readonly #failed = new Map<string, number>();
  readonly #left = new Set<Cgroup>();
  #tools: ForkTools | undefined;
  /** Why there is none at all; undefined when that is not known. Said at the first use. */
  #obstacle: string | undefined;
  #isSaid = false;
  #counter = 0;
  #sweep: Timer | undefined;
  #closed = false;

  constructor(host: OciHost) {
    this.#host = host;
    this.#obstacle = obstacle(host);
  }

  /** True while processes are forked from the template of this key. */
  has(key: string): boolean {
    return this.#entries.get(key)?.ready !== undefined;
  }

  /** A template that can fork now, or soon where the specification is patient; undefined when the sandbox is to be made without. */
  async find(spec: SandboxSpec): Promise<(ForkTools & { readonly template: Template }) | undefined> {
    if (!hasTemplate(spec) || this.#closed) return undefined;
    const tools = this.#prepareTools();
    if (tools === undefined) {
      this.#sayOnce();
      return undefined;
    }
    const entry = this.#entries.get(spec.template.key) ?? this.#start(spec);
    if (entry === undefined) return undefined;
    entry.usedMs = this.#host.options.clock.monotonicMs();
    if (entry.ready === undefined && !spec.template.patient) return undefined;
    try {
      return { ...tools, template: await entry.started };
    } catch {
      // Said when it happened.
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sweep?.cancel();
    const ends = [...this.#entries.values()].map(async ({ started }) => (await started).end());
    await Promise.allSettled(ends);
  }

  #prepareTools(): ForkTools | undefined {
    if (this.#tools !== undefined || this.#obstacle !== undefined) return this.#tools;
    const syscalls = syscallNumbers(process.arch);
    try {
      if (syscalls !== undefined) this.#tools = { syscalls, filter: seccompFilter(seccompProgram(process.arch)) };
    } catch (error) {
      this.#obstacle = `no seccomp program can be made here (${String(error)})`;
    }
    return this.#tools;
  }

  #sayOnce(): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    const { log, userNamespace } = this.#host.options;
    const slower = "Python functions start more slowly and take more memory";
    log.info(slower, { reason: this.#obstacle });
    // Detection has told of an ordinary user's server.
    if (userNamespace === undefined) this.#host.gaps.push(`${slower} (${this.#obstacle})`);
  }

  #start(spec: WithTemplate): Entry | undefined {
    const { key } = spec.template;
    const { clock, log } = this.#host.options;
    if (clock.monotonicMs() < (this.#failed.get(key) ?? Number.NEGATIVE_INFINITY)) return undefined;
    this.#tidy();
    if (this.#entries.size >= TEMPLATES_MAX) this.#end(this.#stalest());
    const name = `template-${this.#counter++}`;
    const started = Template.start(this.#host, name, spec);
    const entry: Entry = { started, ready: undefined, usedMs: clock.monotonicMs() };
    this.#entries.set(key, entry);
    const forget = (): void => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    started.then(
      (template) => {
        entry.ready = template;
        void template.gone.then(() => {
          forget();
          this.#left.add(new Cgroup(this.#host.options.layout, this.#host.cgroupPath(name)));
          this.#tidy();
        });
      },
      (error: unknown) => {
        forget();
        if (this.#failed.size >= TEMPLATES_MAX) this.#failed.clear();
        this.#failed.set(key, clock.monotonicMs() + TEMPLATE_RETRY_MS);
        log.info("no template to fork from, so cold starts take longer", { program: spec.template.args[0], error });
      },
    );
    this.#watch();
    return entry;
  }

  /** Groups of ended templates go when the last process that was forked there has gone; what is left goes with the server. */
  #tidy(): void {
    for (const cgroup of this.#left) if (cgroup.remove()) this.#left.delete(cgroup);
  }

  #stalest(): string | undefined {
    return [...this.#entries].sort(([, a], [, b]) => a.usedMs - b.usedMs)[0]?.[0];
  }

  #end(key: string | undefined): void {
    const entry = key === undefined ? undefined : this.#entries.get(key);
    if (key === undefined || entry === undefined) return;
    this.#entries.delete(key);
    entry.started
      .then((template) => template.end())
      .catch((error: unknown) => this.#host.options.log.debug("a template did not end cleanly", { error }));
  }

  #watch(): void {
    const { clock } = this.#host.options;
    this.#sweep ??= clock.schedule(TEMPLATE_IDLE_MS, () => {
      this.#sweep = undefined;
      const now = clock.monotonicMs();
      this.#tidy();
      for (const [key, { usedMs, ready }] of this.#entries)
        if (now - usedMs >= TEMPLATE_IDLE_MS && ready?.isForking !== true) this.#end(key);
      if (this.#entries.size > 0 || this.#left.size > 0) this.#watch();
    });
  }
}

function hasTemplate(spec: SandboxSpec): spec is WithTemplate {
  return spec.template !== undefined;
}

/** An isolation that was asked for by name (gVisor, Kata) is never gone around. */
function obstacle(host: OciHost): string | undefined {
  if (!isLean(host)) return `${host.runtimeName} isolates in a way of its own`;
  if (host.options.userNamespace !== undefined) return "a server in a user namespace starts each process by itself";
  if (syscallNumbers(process.arch) === undefined) return `no table of system calls for ${process.arch}`;
  return undefined;
}
