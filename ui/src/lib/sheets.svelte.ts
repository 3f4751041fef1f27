import type { Servers, Template } from "./bindings";
import type { WritingStart } from "./writing.svelte";

// The one sheet or dialog that lies over the screen.
export type SheetSpec =
  | { kind: "connect"; email?: string }
  /** With `servers`, as they were changed by hand; with `run`, the checks run at once where nothing has to be asked. */
  | { kind: "reconnect"; id: number; servers?: Servers; run?: boolean }
  | { kind: "edit-account"; id: number }
  /** With `run`, one that was begun; with `account`, the mailbox to begin with. */
  | { kind: "test-email"; run?: number; account?: number }
  | { kind: "delete-account"; id: number; email: string }
  | { kind: "contact"; id?: number; focusAddress?: boolean; saved?: (id: number) => void }
  | { kind: "delete-contact"; id: number; name: string }
  | { kind: "project"; id?: number; contacts?: number[]; saved?: (id: number) => void }
  | { kind: "delete-project"; id: number; title: string }
  /** A mail is written: a new one, or a draft. */
  | { kind: "compose"; start: WritingStart }
  | { kind: "template"; template?: Template }
  | { kind: "add-stranger"; id: number; name: string; address: string };

class Sheets {
  shown = $state.raw<SheetSpec>();
  open(spec: SheetSpec): void {
    this.shown = spec;
  }
  close = (): void => {
    this.shown = undefined;
  };
}

export const sheets = new Sheets();
