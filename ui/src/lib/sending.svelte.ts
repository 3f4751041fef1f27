import { commands, type OutgoingRow } from "./bindings";
import { onChanged } from "./changes";
import { since } from "./dates";
import { toasts } from "./toasts.svelte";
import { writing } from "./writing.svelte";

/** How often the seconds are counted. */
const COUNT_MS = 250;

/** Mail that was sent a moment ago and can be taken back: whatever screen is shown. */
class Sending {
  all = $state.raw<OutgoingRow[]>([]);
  now = $state(Date.now());
  #wholes = new Map<number, number>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #stop: (() => void) | undefined;

  /** Send was pressed, and the engine took the mail. What becomes of it at once is shown by its row. */
  sent(row: OutgoingRow): void {
    this.now = Date.now();
    if (row.state === "undoable" && row.send_at !== null && row.send_at > this.now) {
      this.all = [...this.all.filter((r) => r.id !== row.id), row];
      this.#wholes.set(row.id, this.left(row));
      this.#count();
    } else if (row.state === "scheduled" && row.send_at !== null) {
      toasts.say(`It is sent ${moment(row.send_at, this.now)}. Until then it waits in the outbox.`);
    }
  }
  /** Whole seconds that are left. */
  left(row: OutgoingRow): number {
    return Math.max(0, Math.ceil(((row.send_at ?? 0) - this.now) / 1000));
  }
  /** The seconds that there were. */
  whole(row: OutgoingRow): number {
    return this.#wholes.get(row.id) ?? this.left(row);
  }
  async undo(row: OutgoingRow | undefined = this.all.at(-1)): Promise<void> {
    if (!row) return;
    this.#drop(row.id);
    await writing.takeBack(row);
  }
  drop(id: number): void {
    this.#drop(id);
  }

  #drop(id: number): void {
    this.all = this.all.filter((r) => r.id !== id);
    this.#wholes.delete(id);
    if (this.all.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stop?.();
    this.#stop = undefined;
  }
  #count(): void {
    this.#timer ??= setInterval(() => {
      this.now = Date.now();
      for (const row of this.all) if (this.left(row) === 0) this.#drop(row.id);
    }, COUNT_MS);
    // Sent at once from a list, or taken back there: then there is nothing to undo.
    this.#stop ??= onChanged(["outbox"], () => void this.#look());
  }
  async #look(): Promise<void> {
    for (const row of this.all) {
      try {
        const { state } = await commands.outgoing(row.id);
        if (state !== "undoable") this.#drop(row.id);
      } catch {
        this.#drop(row.id);
      }
    }
  }
}

/** A moment to come, inside a sentence: "today at 18:00", "on Tue at 08:00". */
export function moment(at: number, now: number): string {
  const day = new Date(at);
  const start = new Date(now);
  const days = Math.round(
    (Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) -
      Date.UTC(start.getFullYear(), start.getMonth(), start.getDate())) /
      86_400_000,
  );
  const time = since(at, at);
  if (days === 0) return `today at ${time}`;
  if (days === 1) return `tomorrow at ${time}`;
  const said =
    days < 7
      ? new Intl.DateTimeFormat("en-GB", { weekday: "long" }).format(at)
      : new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" }).format(at);
  return `on ${said} at ${time}`;
}

export const sending = new Sending();
