import { events, type Topic } from "./bindings";

export type { Topic };

type Hearer = { topics: readonly Topic[]; heard: () => void };
const hearers = new Set<Hearer>();

/** Calls `heard` whenever one of the topics changed. Returns how to stop. */
export function onChanged(topics: readonly Topic[], heard: () => void): () => void {
  const hearer = { topics, heard };
  hearers.add(hearer);
  return () => hearers.delete(hearer);
}

/** Begins to listen to the engine; once, for the life of the window. */
export function listenForChanges(): Promise<() => void> {
  return events.changed.listen(({ payload }) => {
    for (const hearer of [...hearers]) {
      if (payload.topics.some((topic) => hearer.topics.includes(topic))) hearer.heard();
    }
  });
}
