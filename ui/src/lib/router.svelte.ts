// Where the person is. In memory, without the address bar: the window has none, and a reload starts at the dashboard.
export type Tab = "mail" | "people" | "notes";
export type Place =
  | { screen: "dashboard" }
  | { screen: "to-sort"; message?: number }
  | { screen: "outbox" }
  | { screen: "projects" }
  | { screen: "project"; id: number; tab?: Tab; thread?: number; message?: number }
  | { screen: "contacts" }
  | { screen: "contact"; id: number }
  /** With `email`, the address that waits to be connected meanwhile, and the issuer that has to know Hatstand for it. */
  | { screen: "settings"; part?: "advanced"; email?: string; issuer?: string }
  | { screen: "help" };

type Entry = { place: Place; scroll: Map<string, number>; serial: number };

let serials = 0;
const entry = (place: Place): Entry => ({ place, scroll: new Map(), serial: ++serials });

class Router {
  #entries = $state.raw<Entry[]>([entry({ screen: "dashboard" })]);
  #at = $state(0);

  /** The entry that is shown. */
  get #here(): Entry {
    return this.#entries[this.#at] as Entry;
  }
  get place(): Place {
    return this.#here.place;
  }
  /** Scroll positions of this visit, by the name of the scroller: going back finds them again. */
  get scroll(): Map<string, number> {
    return this.#here.scroll;
  }
  get canGoBack(): boolean {
    return this.#at > 0;
  }

  go(place: Place): void {
    if (same(place, this.place)) return;
    this.#entries = [...this.#entries.slice(0, this.#at + 1), entry(place)].slice(-50);
    this.#at = this.#entries.length - 1;
  }
  /** Changes what is selected without a step of its own in the history. */
  replace(place: Place): void {
    const entries = [...this.#entries];
    entries[this.#at] = { ...this.#here, place };
    this.#entries = entries;
  }
  back(): void {
    if (this.#at > 0) this.#at -= 1;
  }
  forward(): void {
    if (this.#at < this.#entries.length - 1) this.#at += 1;
  }
  /** Forgets visits to things that are gone, and leaves one for `then` if it is shown. */
  forget(gone: (place: Place) => boolean, then: Place): void {
    if (gone(this.place)) this.replace(then);
    const here = this.#here;
    this.#entries = this.#entries.filter((e) => e === here || !gone(e.place));
    this.#at = this.#entries.indexOf(here);
  }
}

/** Two places are the same visit when every field is. */
export function same(a: Place, b: Place): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((k) => a[k as keyof Place] === b[k as keyof Place]);
}

/** From a name such as "settings/email", as the shell sends it from the tray or a notification. */
export function placeNamed(name: string): Place {
  const [screen, rest] = name.split("/");
  const id = Number(rest);
  if (screen === "to-sort") return { screen };
  if (screen === "outbox") return { screen };
  if (screen === "projects") return { screen };
  if (screen === "contacts") return { screen };
  if (screen === "settings" && rest === "advanced") return { screen, part: rest };
  if (screen === "settings") return { screen };
  if (screen === "help") return { screen };
  if (screen === "project" && Number.isInteger(id)) return { screen, id };
  if (screen === "contact" && Number.isInteger(id)) return { screen, id };
  return { screen: "dashboard" };
}

export const router = new Router();
