import { describe, expect, test, vi } from "vitest";
import { Live, Paged } from "./live.svelte";

describe("what a screen reads", () => {
  test("the newest question wins, whatever answers first", async () => {
    const answers: ((value: string) => void)[] = [];
    const live = new Live(() => new Promise<string>((resolve) => answers.push(resolve)));
    const first = live.again();
    const second = live.again();
    answers[1]?.("new");
    answers[0]?.("old");
    await Promise.all([first, second]);
    expect(live.value).toBe("new");
  });

  test("a refusal later on keeps what was there", async () => {
    let refuse = false;
    const live = new Live(() =>
      refuse ? Promise.reject({ sentence: "The database is busy." }) : Promise.resolve(1),
    );
    await live.again();
    refuse = true;
    await live.again();
    expect(live.value).toBe(1);
    expect(live.refusal?.sentence).toBe("The database is busy.");
  });

  test("it is called slow after 300 ms, not before", async () => {
    vi.useFakeTimers();
    const live = new Live(() => new Promise<number>((resolve) => setTimeout(() => resolve(1), 400)));
    const done = live.again();
    await vi.advanceTimersByTimeAsync(299);
    expect(live.slow).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(live.slow).toBe(true);
    await vi.advanceTimersByTimeAsync(200);
    await done;
    expect(live.slow).toBe(false);
    vi.useRealTimers();
  });
});

test("a list that was read to its third page is read again as far", async () => {
  const all = Array.from({ length: 250 }, (_, i) => i);
  const read = vi.fn((after: string | null) => {
    const from = Number(after ?? 0);
    return Promise.resolve({
      rows: all.slice(from, from + 100),
      next: from + 100 < all.length ? String(from + 100) : null,
    });
  });
  const list = new Paged(read);
  await list.again();
  expect(list.rows).toHaveLength(100);
  await list.more();
  await list.more();
  expect(list.rows).toHaveLength(250);
  expect(list.hasMore).toBe(false);
  all.unshift(-1);
  await list.again();
  expect(list.rows[0]).toBe(-1);
  expect(list.rows.length).toBeGreaterThanOrEqual(250);
});
