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
