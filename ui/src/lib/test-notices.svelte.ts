import { commands, type TestRun } from "./bindings";
import { onChanged } from "./changes";

/** How long before the window was there a run may have ended and still be news: the engine begins first. */
const HEAD_START_MS = 30_000;

/** Test emails that ended while nobody looked at them: one notice each, until it is opened or put away. */
class TestNotices {
  all = $state.raw<TestRun[]>([]);
  /** The run that the open sheet shows. */
  watched: number | undefined;
  /** Runs that waited when last looked at; none known yet at the start. */
  #waiting: Set<number> | undefined;
  #asked = 0;

  drop(id: number): void {
    this.all = this.all.filter((r) => r.id !== id);
  }
  /** Hears which runs end. Returns how to stop. */
  listen(): () => void {
    const began = Date.now() - HEAD_START_MS;
    this.#waiting = undefined;
    void this.#look(began);
    const stop = onChanged(["test_runs"], () => void this.#look(began));
    return () => {
      this.#asked += 1;
      stop();
    };
  }
  async #look(began: number): Promise<void> {
    const mine = ++this.#asked;
    let runs: TestRun[];
    try {
      runs = await commands.testRuns();
    } catch {
      // The runs cannot be read now: the next change is another chance.
      return;
    }
    if (mine !== this.#asked || !Array.isArray(runs)) return;
    const before = this.#waiting;
    this.#waiting = new Set(runs.filter((r) => r.state === "waiting").map((r) => r.id));
    const ended = runs.filter(
      (r) =>
        (r.state === "done" || r.state === "failed") &&
        // What ended while the app began is news too.
        (before?.has(r.id) || (before === undefined && r.ended_at !== null && r.ended_at >= began)),
    );
    const gone = (r: TestRun) =>
      !runs.some((x) => x.id === r.id && (x.state === "done" || x.state === "failed"));
    const news = ended.filter((r) => r.id !== this.watched);
    if (news.length > 0 || this.all.some(gone))
      this.all = [...this.all.filter((r) => !gone(r) && !news.some((n) => n.id === r.id)), ...news];
  }
}

export const testNotices = new TestNotices();
