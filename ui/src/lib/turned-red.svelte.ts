import { commands, events, type TurnedRed } from "./bindings";
import { onChanged } from "./changes";

/** Accounts that need the person since a moment ago: one notice each, until it is mended, opened or put away. */
class RedNotices {
  all = $state.raw<TurnedRed[]>([]);

  drop(id: number): void {
    this.all = this.all.filter((n) => n.id !== id);
  }
  /** Hears which accounts turn red, and which no longer are. Returns how to stop. */
  listen(): () => void {
    const stop = events.turnedRed.listen(({ payload }) => {
      this.all = [...this.all.filter((n) => n.id !== payload.id), payload];
    });
    const forget = onChanged(["accounts"], () => void this.#look());
    return () => {
      forget();
      void stop.then((f) => f());
    };
  }
  async #look(): Promise<void> {
    if (this.all.length === 0) return;
    try {
      const rows = await commands.accounts();
      const red = new Set(rows.filter((r) => r.state === "needs_reconnecting").map((r) => r.id));
      if (this.all.some((n) => !red.has(n.id))) this.all = this.all.filter((n) => red.has(n.id));
    } catch {
      // The accounts cannot be read now: what is shown stays until they can.
    }
  }
}

export const redNotices = new RedNotices();
