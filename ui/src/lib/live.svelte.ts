import { untrack } from "svelte";
import type { Page, Refusal } from "./bindings";
import { onChanged, type Topic } from "./changes";
import { asRefusal } from "./refusals";

/** How long reading may take before the screen says that it reads. */
const PATIENCE_MS = 300;

/** What a screen reads from the engine: read at once, and again when it changed. The newest question wins. */
export class Live<T> {
  value = $state.raw<T>();
  refusal = $state.raw<Refusal>();
  /** Reading has lasted long enough to be shown. */
  slow = $state(false);
  #asked = 0;
  #read: () => Promise<T>;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  again = async (): Promise<void> => {
    const mine = ++this.#asked;
    const patience = setTimeout(() => {
      if (mine === this.#asked) this.slow = true;
    }, PATIENCE_MS);
    try {
      const value = await this.#read();
      if (mine !== this.#asked) return;
      this.value = value;
      this.refusal = undefined;
    } catch (thrown) {
      if (mine === this.#asked) this.refusal = asRefusal(thrown);
    } finally {
      clearTimeout(patience);
      if (mine === this.#asked) this.slow = false;
    }
  };
}

/** For a component's start: reads now, when a value that `read` uses changes, and when one of the topics does. */
export function live<T>(read: () => Promise<T>, topics: readonly Topic[]): Live<T> {
  const live = new Live(read);
  $effect(() => {
    void live.again();
    return onChanged(topics, () => untrack(live.again));
  });
  return live;
}

/** A list that is read page by page as the person scrolls. Reading again keeps as many rows as there were. */
export class Paged<T> {
  rows = $state.raw<T[]>([]);
  /** The first page has been read. */
  ready = $state(false);
  refusal = $state.raw<Refusal>();
  slow = $state(false);
  #next = $state.raw<string | null>(null);
  #asked = 0;
  #loading = false;
  #read: (after: string | null) => Promise<Page<T>>;

  constructor(read: (after: string | null) => Promise<Page<T>>) {
    this.#read = read;
  }

  get hasMore(): boolean {
    return this.#next !== null;
  }

  again = async (): Promise<void> => {
    const mine = ++this.#asked;
    const wanted = untrack(() => this.rows.length);
    const patience = setTimeout(() => {
      if (mine === this.#asked) this.slow = true;
    }, PATIENCE_MS);
    try {
      let page = await this.#read(null);
      const rows = page.rows;
      while (mine === this.#asked && page.next !== null && rows.length < wanted) {
        page = await this.#read(page.next);
        rows.push(...page.rows);
      }
      if (mine !== this.#asked) return;
      this.rows = rows;
      this.#next = page.next;
      this.refusal = undefined;
      this.ready = true;
    } catch (thrown) {
      if (mine === this.#asked) this.refusal = asRefusal(thrown);
    } finally {
      clearTimeout(patience);
      if (mine === this.#asked) this.slow = false;
    }
  };

  more = async (): Promise<void> => {
    if (this.#next === null || this.#loading) return;
    this.#loading = true;
    const mine = this.#asked;
    try {
      const page = await this.#read(this.#next);
      if (mine !== this.#asked) return;
      this.rows = [...this.rows, ...page.rows];
      this.#next = page.next;
    } catch (thrown) {
      if (mine === this.#asked) this.refusal = asRefusal(thrown);
    } finally {
      this.#loading = false;
    }
  };
}

/** As {@link live}, for a list. */
export function paged<T>(
  read: (after: string | null) => Promise<Page<T>>,
  topics: readonly Topic[],
): Paged<T> {
  const list = new Paged(read);
  $effect(() => {
    void list.again();
    return onChanged(topics, () => untrack(list.again));
  });
  return list;
}
