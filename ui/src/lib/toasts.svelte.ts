import { commands, type Undo } from "./bindings";
import { asRefusal } from "./refusals";

export type Toast = { id: number; sentence: string; tone: "plain" | "bad"; undo?: number };

/** How long a toast stays when nobody points at it. */
export const STAYS_MS = 8_000;
let serials = 0;

class Toasts {
  all = $state.raw<Toast[]>([]);

  say(sentence: string): void {
    this.#add({ id: ++serials, sentence, tone: "plain" });
  }
  /** Something was done that can be taken back. */
  done(undo: Undo): void {
    this.#add({ id: ++serials, sentence: undo.sentence, tone: "plain", undo: undo.id });
  }
  /** A command was refused and no field is to blame. */
  refused(thrown: unknown): void {
    this.#add({ id: ++serials, sentence: asRefusal(thrown).sentence, tone: "bad" });
  }
  drop(id: number): void {
    this.all = this.all.filter((t) => t.id !== id);
  }
  async undo(toast: Toast | undefined = this.all.findLast((t) => t.undo !== undefined)): Promise<void> {
    if (toast?.undo === undefined) return;
    this.drop(toast.id);
    try {
      await commands.undo(toast.undo);
    } catch (thrown) {
      this.refused(thrown);
    }
  }
  #add(toast: Toast): void {
    this.all = [...this.all, toast].slice(-3);
  }
}

export const toasts = new Toasts();

/** Runs a command whose answer, if it is an Undo, becomes a toast, and whose refusal does too. */
export async function act<T>(command: Promise<T>): Promise<T | undefined> {
  try {
    const answer = await command;
    if (answer && typeof answer === "object" && "sentence" in answer && "id" in answer)
      toasts.done(answer as unknown as Undo);
    return answer;
  } catch (thrown) {
    toasts.refused(thrown);
    return undefined;
  }
}
