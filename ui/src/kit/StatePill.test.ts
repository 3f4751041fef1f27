import { render, screen } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";
import type { AccountState } from "../lib/bindings";
import StatePill from "./StatePill.svelte";

const states: AccountState[] = [
  "paused",
  "needs_reconnecting",
  "held_up",
  "unreachable",
  "waiting",
  "late",
  "connected",
];
const shown = (state: AccountState) => {
  const { unmount } = render(StatePill, {
    row: { state, last_synced_at: Date.now() - 240_000, failing_since: null },
  });
  const pill = screen.getByTestId("account-state");
  const svg = pill.querySelector("svg");
  const seen = { words: pill.textContent.trim(), shape: svg?.innerHTML, title: pill.title };
  unmount();
  return seen;
};

describe("the state of an account", () => {
  test("has an icon and words of its own in every state", () => {
    const all = states.map(shown);
    expect(all.every((s) => s.words !== "" && s.shape)).toBe(true);
    expect(new Set(all.map((s) => s.words)).size).toBe(states.length);
    expect(new Set(all.map((s) => s.shape)).size).toBe(states.length);
  });
  test("says the full date on hover", () => {
    expect(shown("connected").title).toMatch(/^Last synced on \w+, \d+ \w+ \d{4} at \d\d:\d\d$/);
  });
});
