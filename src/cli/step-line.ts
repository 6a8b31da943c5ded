/**
 * Says on standard error what is being waited for: on a terminal one line that moves and goes away, elsewhere one plain
 * line for each thing. Nothing is written while there is nothing to wait for.
 */
import type { ProgressStep } from "../server.ts";
import type { Terminal } from "./terminal.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 120;
const CLEAR_LINE = "\r\u001B[K";
const COLUMNS_DEFAULT = 80;

export class StepLine implements Disposable {
  readonly #terminal: Terminal;
  /** What is waited for, since when. */
  #steps = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Exactly these are waited for now. */
  show(whats: readonly string[]): void {
    const before = this.#steps;
    this.#steps = new Map(whats.map((what) => [what, before.get(what) ?? performance.now()]));
    for (const what of whats) if (!before.has(what) && !this.#terminal.movable) this.#terminal.note(`${what} …`);
    if (this.#terminal.movable) this.#move();
  }

  /** One step began or ended; its end leaves a line with the time that it took. */
  hear({ what, state }: ProgressStep): void {
    if (state === "started") {
      this.show([...this.#steps.keys(), what]);
      return;
    }
    const tookMs = performance.now() - (this.#steps.get(what) ?? performance.now());
    this.show([...this.#steps.keys()].filter((other) => other !== what));
    const seconds = (tookMs / 1000).toFixed(1);
    this.#terminal.note(`${what}: ${state === "done" ? "done in" : "failed after"} ${seconds} s`);
  }

  [Symbol.dispose](): void {
    this.show([]);
  }

  #move(): void {
    if (this.#steps.size === 0) {
      if (this.#timer === undefined) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
      process.stderr.write(CLEAR_LINE);
      return;
    }
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS).unref();
    this.#draw();
  }

  #draw(): void {
    const frame = FRAMES[Math.floor(performance.now() / FRAME_MS) % FRAMES.length] ?? "";
    const started = Math.min(...this.#steps.values());
    const seconds = Math.floor((performance.now() - started) / 1000);
    const text = `${frame} ${[...this.#steps.keys()].join(", ")} … ${seconds} s`;
    process.stderr.write(`${CLEAR_LINE}${text.slice(0, columns() - 1)}`);
  }
}

/** A terminal without a size says 0. */
function columns(): number {
  const { columns: width = 0 } = process.stderr;
  return width > 0 ? width : COLUMNS_DEFAULT;
}
