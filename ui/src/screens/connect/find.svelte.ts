import { commands, type Found, type Refusal } from "../../lib/bindings";
import { asRefusal } from "../../lib/refusals";
import { newRun } from "../../lib/run";

/** How long the search may take before the screen says that it searches. */
const PATIENCE_MS = 300;
const NOTHING: Found = { answers: [], connected_already: null };

/** The search for an address's servers; the newest one is heard alone. */
export class Find {
  running = $state(false);
  /** It has lasted long enough to be shown. */
  slow = $state(false);
  refusal = $state.raw<Refusal>();
  found = $state.raw<Found>(NOTHING);
  /** The address that `found` is about. */
  about = $state<string>();
  #run = "";
  #patience: ReturnType<typeof setTimeout> | undefined;

  /** Looks for the servers of an address; whether it was looked for to the end. What is known already is not looked for again. */
  async go(email: string): Promise<boolean> {
    if (this.about === email) return true;
    this.cancel();
    const run = (this.#run = newRun());
    this.running = true;
    this.refusal = undefined;
    this.#patience = setTimeout(() => (this.slow = true), PATIENCE_MS);
    try {
      const found = await commands.findServers(run, email);
      if (run !== this.#run) return false;
      this.found = found;
      this.about = email;
      return true;
    } catch (thrown) {
      if (run === this.#run) this.refusal = asRefusal(thrown);
      return false;
    } finally {
      if (run === this.#run) this.#rest();
    }
  }
  /** Goes on without an answer. */
  skip(email: string): void {
    this.cancel();
    this.found = NOTHING;
    this.about = email;
  }
  cancel(): void {
    if (this.running) commands.cancelCheck(this.#run).catch(() => undefined);
    this.#rest();
  }
  #rest(): void {
    clearTimeout(this.#patience);
    this.#run = "";
    this.running = this.slow = false;
  }
}
