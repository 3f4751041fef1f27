import { router } from "./router.svelte";

/** How long a list that is still being read may grow towards the remembered place. */
const PATIENCE_MS = 2_000;

/** Attach to a scroller: coming back to a visit finds it where it was left. */
export function keepScroll(name: string): (scroller: HTMLElement) => () => void {
  return (scroller) => {
    const visit = router.scroll;
    const wanted = visit.get(name) ?? 0;
    let settling = wanted > 0;
    const settle = () => {
      if (!settling) return;
      scroller.scrollTop = wanted;
      if (Math.abs(scroller.scrollTop - wanted) < 2) settling = false;
    };
    const growth = new ResizeObserver(settle);
    if (settling) {
      for (const child of scroller.children) growth.observe(child);
      settle();
    }
    const giveUp = setTimeout(() => (settling = false), PATIENCE_MS);
    const moved = () => {
      if (!settling) visit.set(name, scroller.scrollTop);
    };
    const taken = () => (settling = false);
    scroller.addEventListener("scroll", moved, { passive: true });
    scroller.addEventListener("wheel", taken, { passive: true });
    return () => {
      clearTimeout(giveUp);
      growth.disconnect();
      scroller.removeEventListener("scroll", moved);
      scroller.removeEventListener("wheel", taken);
    };
  };
}

/** Attach to a list's scroller: rows that come in above do not push away the row that is being read. */
export function keepPlace(scroller: HTMLElement): () => void {
  let row: Element | undefined;
  let offset = 0;
  const offsetOf = (e: Element) => e.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
  const note = () => {
    const box = scroller.getBoundingClientRect();
    const seen = scroller.scrollTop < 4 ? null : document.elementFromPoint(box.left + 24, box.top + 4);
    row = seen?.closest("[data-row]") ?? undefined;
    if (row) offset = offsetOf(row);
  };
  const changed = new MutationObserver(() => {
    if (row?.isConnected) scroller.scrollTop += offsetOf(row) - offset;
    note();
  });
  changed.observe(scroller, { childList: true, subtree: true });
  scroller.addEventListener("scroll", note, { passive: true });
  return () => {
    changed.disconnect();
    scroller.removeEventListener("scroll", note);
  };
}
