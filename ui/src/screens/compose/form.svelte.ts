import { commands, type Draft, type DraftInput, type Mailbox, type Refusal } from "../../lib/bindings";
import { asRefusal } from "../../lib/refusals";
import type { WritingStart } from "../../lib/writing.svelte";
import { resigned } from "./written";

/** How long after the last letter it is saved. */
export const PAUSE_MS = 600;
/** The longest that a letter is not saved while others follow it. */
export const LATEST_MS = 3_000;

type State = "untouched" | "typed" | "saving" | "saved" | "failed";

type NewMail = Extract<WritingStart, { mail: unknown }>;

/** The draft that answers the same message already: a second one beside it would be one too many. */
async function begunBefore({ mail, thread }: NewMail): Promise<Draft | undefined> {
  if (mail.answers === null || thread === undefined) return undefined;
  try {
    const rows = (await commands.outbox()).drafts.filter((row) => row.thread_id === thread);
    for (const row of rows) {
      const draft = await commands.draft(row.id);
      if (draft.answered?.message_id !== mail.answers) continue;
      // “Reply all” goes on with what goes to several.
      if (!mail.all || draft.to.length + draft.cc.length > 1) return draft;
    }
  } catch {
    // It was sent or thrown away meanwhile: a new one is begun.
  }
  return undefined;
}

/** A mail while it is written. What is typed is stored by itself; one save runs at a time, and the last one wins. */
export class DraftForm {
  draft = $state.raw<Draft>();
  from = $state("");
  to = $state.raw<Mailbox[]>([]);
  cc = $state.raw<Mailbox[]>([]);
  bcc = $state.raw<Mailbox[]>([]);
  subject = $state("");
  html = $state.raw("");
  /** The address that it was to go from, when nothing can be sent from there any more. */
  lost = $state("");
  files = $state.raw<Draft["files"]>({ files: [], too_large: null });
  /** It could not be begun or read. */
  unread = $state.raw<Refusal>();
  /** Why it was not sent. */
  refusal = $state.raw<Refusal>();
  state = $state<State>("untouched");
  #why = $state("");
  /** The draft was there before this composer: closing it never throws it away. */
  #old = false;
  #changes = 0;
  #saved = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #latest: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<boolean> | undefined;

  get id(): number {
    return this.draft?.id ?? -1;
  }
  /** Something was typed here, or lay in it already. */
  get worthKeeping(): boolean {
    return this.#old || this.#changes > 0 || this.files.files.length > 0;
  }
  /** What the foot says. */
  get said(): string {
    if (this.state === "failed") return `Not saved: ${this.#why}`;
    if (this.state === "saving" || this.state === "typed") return "Saving…";
    return this.state === "saved" ? "Saved" : "";
  }

  async begin(start: WritingStart): Promise<void> {
    this.unread = undefined;
    try {
      const old = "draft" in start ? await commands.draft(start.draft) : await begunBefore(start);
      const draft = old ?? (await commands.beginMail((start as NewMail).mail));
      this.#old = old !== undefined;
      this.from = draft.from;
      this.to = draft.to;
      this.cc = draft.cc;
      this.bcc = draft.bcc;
      this.subject = draft.subject;
      this.html = draft.html;
      this.files = draft.files;
      this.#findFrom(draft);
      this.draft = draft;
    } catch (thrown) {
      this.unread = asRefusal(thrown);
    }
  }

  /** An address that is gone: the only other one takes its place, of several the person chooses. */
  #findFrom({ from, from_choices }: Draft): void {
    const chosen = from_choices.find((c) => c.address.toLowerCase() === from.toLowerCase());
    this.lost = chosen || from_choices.length === 0 ? "" : from;
    if (chosen) this.from = chosen.address;
    const only = from_choices[0];
    if (chosen || !only || from_choices.length > 1) return;
    this.from = only.address;
    this.html = resigned(this.html, only.signature);
    this.changed();
  }

  /** Something was typed: it is saved after a pause, and while there is none, every few seconds. */
  changed(): void {
    this.#changes += 1;
    this.state = "typed";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), PAUSE_MS);
    this.#latest ??= setTimeout(() => void this.save(), LATEST_MS);
  }
  #wait(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#latest);
    this.#latest = undefined;
  }

  /** Stores at once what is not stored yet; whether all of it is. */
  async save(): Promise<boolean> {
    this.#wait();
    if (this.#running) {
      await this.#running;
      return this.save();
    }
    if (!this.draft || this.#saved === this.#changes) return this.state !== "failed";
    this.#running = this.#store(this.draft.id, this.#changes);
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
      if (this.state !== "failed" && this.#saved !== this.#changes) this.changedMeanwhile();
    }
  }
  private changedMeanwhile(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), PAUSE_MS);
  }
  async #store(id: number, upTo: number): Promise<boolean> {
    this.state = "saving";
    try {
      await commands.saveDraft(id, this.input());
      this.#saved = upTo;
      this.state = this.#saved === this.#changes ? "saved" : "typed";
      return true;
    } catch (thrown) {
      this.#why = asRefusal(thrown).sentence;
      this.state = "failed";
      return false;
    }
  }
  input(): DraftInput {
    const { from, to, cc, bcc, subject, html } = this;
    return { from, to, cc, bcc, subject, html };
  }
  /** No more saves: it was sent or thrown away. */
  end(): void {
    this.#wait();
    this.#saved = this.#changes;
    this.draft = undefined;
  }
  /** The sentence that belongs to one of the fields. */
  errorAt(...fields: string[]): string | null {
    const field = this.refusal?.field;
    return field && fields.some((f) => field === f || field.startsWith(`${f}.`) || field.startsWith(`${f}[`))
      ? (this.refusal?.sentence ?? null)
      : null;
  }
}
