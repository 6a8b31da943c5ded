/** How the room tells people that something takes long. */

export interface ProgressStep {
  /** For example `Fetching Node.js 22.23.3`. */
  readonly what: string;
  readonly state: "started" | "done" | "failed";
}

export type Progress = (step: ProgressStep) => void;

/** Runs `act` between `started` and `done` or `failed`. */
export async function withProgress<T>(progress: Progress | undefined, what: string, act: () => Promise<T>): Promise<T> {
  progress?.({ what, state: "started" });
  try {
    const result = await act();
    progress?.({ what, state: "done" });
    return result;
  } catch (error) {
    progress?.({ what, state: "failed" });
    throw error;
  }
}
