/**
 * Which process a function version runs in: its runtime, the interpreter found for it, and the command line. Interpreters
 * are looked for once per runtime; a search that failed is tried again at the next need, since a person may have installed
 * one meanwhile.
 */
import { UserError } from "../base/index.ts";
import type { Interpreter, Runtime, Runtimes } from "../runtimes/index.ts";
import { type FunctionImage, imagePlan } from "./function-image.ts";
import type { LaunchPlan } from "./runtime-process.ts";
import type { FunctionVersion } from "./types.ts";

export class LaunchPlans {
  readonly #runtimes: Pick<Runtimes, "get">;
  readonly #strict: boolean;
  readonly #interpreters = new Map<string, Promise<Interpreter>>();

  /** With `strict` only the exact interpreter version will do. */
  constructor(runtimes: Pick<Runtimes, "get">, strict: boolean) {
    this.#runtimes = runtimes;
    this.#strict = strict;
  }

  /** Throws a UserError when there is no such runtime or nothing that can run it. */
  async plan(
    version: FunctionVersion,
    extensions: readonly string[],
    image: FunctionImage | undefined,
  ): Promise<LaunchPlan> {
    const runtime = this.#runtimes.get(version.runtime);
    if (runtime === undefined) throw new UserError("unknown-runtime", `the runtime ${version.runtime} is not known`);
    const interpreter = await this.#interpreter(runtime);
    // Extensions start before the runtime does, from the stage that becomes it. An HTTP runtime is always one.
    const besides = extensions.length > 0 && runtime.channel === "framed";
    const late = besides || runtime.needsFreshProcess(version.variables);
    const launch = late ? runtime.lateLaunch(interpreter) : runtime.launch(interpreter, { memoryMb: version.memoryMb });
    // Forks of one template share its address layout, so it is never shared between accounts.
    const owner = launch.templateArgs === undefined ? "" : ` ${version.accountId}`;
    const root = image === undefined ? "" : ` ${image.digest}`;
    const key = `${runtime.name} ${launch.args.join(" ")}${owner}${root}`;
    return {
      key,
      templateKey: `${key} ${interpreter.version}`,
      runtime,
      interpreter,
      launch,
      late,
      extensions,
      image: image && imagePlan(image),
    };
  }

  #interpreter(runtime: Runtime): Promise<Interpreter> {
    const known = this.#interpreters.get(runtime.name);
    if (known !== undefined) return known;
    const search = runtime.findInterpreter({ strict: this.#strict });
    this.#interpreters.set(runtime.name, search);
    search.catch(() => this.#interpreters.delete(runtime.name));
    return search;
  }
}
