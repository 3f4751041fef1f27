import { tick } from "svelte";

/** When a wizard turns a page: to what is asked for first, else to the heading, which a screen reader then says. */
export async function focusFirst(): Promise<void> {
  await tick();
  const first =
    document.querySelector<HTMLElement>("[data-first]") ??
    document.querySelector<HTMLElement>("[data-sheet-title]");
  first?.focus();
}
