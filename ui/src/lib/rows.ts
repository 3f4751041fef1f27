// One stop for Tab in a list, arrows and j/k inside it. Rows are the elements with data-row; they open on click or Enter.
import { isComposing, isTyping } from "./keys";

const ROW = "[data-row]";
const rowsOf = (list: Element): HTMLElement[] => [...list.querySelectorAll<HTMLElement>(ROW)];

/** Attach to the list's element. */
export function roving(list: HTMLElement): () => void {
  let current: HTMLElement | undefined;
  let at = 0;
  let focusInside = false;

  const arrange = () => {
    const rows = rowsOf(list);
    // The row that had the focus is gone (moved, sorted, done): the one in its place takes over.
    if (focusInside && current && !current.isConnected) {
      current = rows[Math.min(at, rows.length - 1)];
      current?.focus();
    }
    const selected = rows.find((r) => r.matches("[aria-current=true], [aria-selected=true]"));
    if (!current?.isConnected) current = selected ?? rows[0];
    for (const row of rows) {
      const stop = row === current ? 0 : -1;
      if (row.tabIndex !== stop) row.tabIndex = stop;
    }
    at = current ? rows.indexOf(current) : 0;
  };
  const focused = (event: FocusEvent) => {
    const row = (event.target as Element).closest<HTMLElement>(ROW);
    if (!row) return;
    current = row;
    focusInside = true;
    arrange();
  };
  const blurred = (event: FocusEvent) => {
    if ((event.target as Element).isConnected)
      focusInside = list.contains(event.relatedTarget as Node | null);
  };
  const pressed = (event: KeyboardEvent) => {
    if (isComposing(event) || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target))
      return;
    const rows = rowsOf(list);
    const from = current ? rows.indexOf(current) : -1;
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (!row) return;
    event.preventDefault();
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  };

  const watcher = new MutationObserver(arrange);
  watcher.observe(list, {
    childList: true,
    subtree: true,
    attributeFilter: ["aria-current", "aria-selected"],
  });
  list.addEventListener("focusin", focused);
  list.addEventListener("focusout", blurred);
  list.addEventListener("keydown", pressed);
  arrange();
  return () => {
    watcher.disconnect();
    list.removeEventListener("focusin", focused);
    list.removeEventListener("focusout", blurred);
    list.removeEventListener("keydown", pressed);
  };
}

/** For j and k anywhere on a screen: focuses the next or the previous row of its list, and says which it was. */
export function stepRow(list: Element | null | undefined, by: 1 | -1): HTMLElement | undefined {
  if (!list) return undefined;
  const rows = rowsOf(list);
  const at = rows.findIndex((r) => r === document.activeElement || r.contains(document.activeElement));
  const from = at >= 0 ? at : rows.findIndex((r) => r.matches("[aria-current=true], [aria-selected=true]"));
  const row = rows[from < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, from + by))];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
  return row;
}
