import { commands, events, type CheckStep, type Failure, type Refusal } from "../../lib/bindings";
import { asRefusal } from "../../lib/refusals";
import { newRun } from "../../lib/run";
import { CHECKS } from "../../kit/Steps.svelte";

const todo = (): CheckStep[] =>
  CHECKS.map((name) => ({ name, state: "todo", detail: null, milliseconds: null, failure: null }));

/** One run of the live checklist, and the next ones: only what belongs to the newest run is heard. */
export class Check {
  steps = $state.raw<CheckStep[]>(todo());
  running = $state(false);
  /** Why the whole was refused, when no step says so. */
  refusal = $state.raw<Refusal>();
  #run = "";

  /** Listens for the steps; returns how to stop. For a component's effect. */
  listen = (): (() => void) => {
    const stop = events.checklist.listen(({ payload }) => {
      if (payload.run === this.#run) this.steps = payload.steps;
    });
    return () => void stop.then((f) => f());
  };

  get failure(): Failure | undefined {
    return this.steps.find((s) => s.failure)?.failure ?? undefined;
  }

  /** Runs `command` with a new run's name. Answers what it answered, or undefined when it was refused or cancelled. */
  async go<T>(command: (run: string) => Promise<T>): Promise<T | undefined> {
    const run = (this.#run = newRun());
    this.steps = todo();
    this.refusal = undefined;
    this.running = true;
    try {
      const answer = await command(run);
      return run === this.#run ? answer : undefined;
    } catch (thrown) {
      if (run === this.#run) this.refusal = asRefusal(thrown);
      return undefined;
    } finally {
      if (run === this.#run) this.running = false;
    }
  }

  cancel(): void {
    if (this.running) commands.cancelCheck(this.#run).catch(() => undefined);
    this.#run = "";
    this.running = false;
  }
}
