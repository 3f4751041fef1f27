import { commands, type BeginMail, type MessageRow, type OutgoingRow } from "./bindings";
import { router, type Place } from "./router.svelte";
import { sheets } from "./sheets.svelte";
import { toasts } from "./toasts.svelte";

/** What a composer starts with: a new mail, in a thread when it answers there, or a draft that is there already. */
export type WritingStart = { mail: BeginMail; thread?: number } | { draft: number };

/** A composer below a thread. */
type Below = { thread: number; start: WritingStart; serial: number };

let serials = 0;

/** Where mail is being written: at most one composer below a thread, and one in a sheet. */
class Writing {
  below = $state.raw<Below>();
  /** Drafts that are open in a composer: they do not stand in a list as well. */
  open = $state.raw<readonly number[]>([]);

  /** A new mail, in the sheet: from a project, or to a contact. */
  write(to: { project?: number; contacts?: number[] } = {}): void {
    const mail: BeginMail = {
      answers: null,
      all: false,
      project_id: to.project ?? null,
      contact_ids: to.contacts ?? [],
    };
    sheets.open({ kind: "compose", start: { mail } });
  }
  /**
   * An answer below the message's thread, which is opened where it is not shown. Of one's own message: a follow-up.
   * One that was begun before is gone on with.
   */
  reply(row: MessageRow, all = false): void {
    this.show(placeOf(row.project_id, row.thread_id, row.id));
    const mail: BeginMail = { answers: row.id, all, project_id: row.project_id, contact_ids: [] };
    this.below = { thread: row.thread_id, start: { mail, thread: row.thread_id }, serial: ++serials };
  }
  /** Goes on with a draft: below its thread if it has one in a project, else in the sheet. */
  continue(row: Pick<OutgoingRow, "id" | "thread_id" | "project_id">): void {
    const start = { draft: row.id };
    if (row.thread_id !== null && row.project_id !== null) {
      sheets.close();
      this.show(placeOf(row.project_id, row.thread_id));
      this.below = { thread: row.thread_id, start, serial: ++serials };
    } else sheets.open({ kind: "compose", start });
  }
  /** Takes back what has not left, and opens it again. What failed, or may have arrived, has left the queue: it becomes a draft anew. */
  async takeBack(row: OutgoingRow): Promise<void> {
    try {
      const left = row.state === "failed" || row.state === "uncertain";
      await (left ? commands.editAgain(row.id) : commands.undoSend(row.id));
    } catch (thrown) {
      toasts.refused(thrown);
      return;
    }
    this.continue(row);
  }
  closeBelow(serial: number): void {
    if (this.below?.serial === serial) this.below = undefined;
  }
  opened(id: number): void {
    if (!this.open.includes(id)) this.open = [...this.open, id];
  }
  closed(id: number): void {
    this.open = this.open.filter((o) => o !== id);
  }
  /** The thread is shown already on many screens: then nothing moves. */
  private show(to: Place): void {
    const here = router.place;
    if (here.screen === "project" && to.screen === "project" && here.id === to.id) {
      if (here.thread !== to.thread)
        router.replace({ ...here, tab: "mail", thread: to.thread, message: undefined });
    } else if (!(here.screen === "to-sort" && to.screen === "to-sort")) router.go(to);
  }
}

function placeOf(project: number | null, thread: number, message?: number): Place {
  return project === null ? { screen: "to-sort", message } : { screen: "project", id: project, thread };
}

export const writing = new Writing();
