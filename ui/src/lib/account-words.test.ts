import { describe, expect, test } from "vitest";
import type { AccountRow } from "./bindings";
import { progressWords, stateWords, subLine, whyLine } from "./account-words";

const now = new Date("2026-11-24T14:30:00").getTime();
const MINUTE = 60_000;
const row = (more: Partial<AccountRow>): AccountRow => ({
  id: 1,
  email: "nora@noralind.studio",
  provider: "gmail",
  provider_name: "Gmail",
  incoming_host: "imap.gmail.com",
  state: "connected",
  last_synced_at: now - 4 * MINUTE,
  failing_since: null,
  next_try_at: null,
  failure: null,
  button: null,
  syncing: null,
  sending: null,
  headers_seen_today: 1204,
  copied_today: 9,
  history: [],
  notes: [],
  moved_mailbox_waiting: 0,
  unknown_alias: null,
  ...more,
});

describe("the words of each state", () => {
  test.each([
    [{ state: "paused" }, "Paused"],
    [{ state: "needs_reconnecting" }, "Needs reconnecting"],
    [{ state: "held_up" }, "Held up"],
    [{ state: "unreachable", failing_since: now - 28 * MINUTE }, "No connection since 14:02"],
    [{ state: "waiting", last_synced_at: null }, "Waiting for the first sync"],
    [{ state: "late", last_synced_at: now - 180 * MINUTE }, "Last synced 3 hours ago"],
    [{ state: "connected" }, "Last synced 4 minutes ago"],
  ] as const)("%o", (facts, said) => expect(stateWords(row(facts as Partial<AccountRow>), now)).toBe(said));

  test("they tick", () => {
    expect(stateWords(row({}), now + MINUTE)).toBe("Last synced 5 minutes ago");
  });
});

test("the quiet line says the figure that matters", () => {
  expect(subLine(row({}), now)).toBe("Gmail · looked at 1,204 headers today, copied 9 messages");
  expect(subLine(row({ state: "unreachable", next_try_at: now + 2 * MINUTE }), now)).toBe(
    "Gmail · trying again in 2 minutes",
  );
  expect(subLine(row({ state: "needs_reconnecting", last_synced_at: now - 1190 * MINUTE }), now)).toBe(
    "Gmail · last synced yesterday, 18:40",
  );
  expect(
    subLine(
      row({ provider: "other", incoming_host: "mail.lind.example", state: "waiting", last_synced_at: null }),
      now,
    ),
  ).toBe("mail.lind.example");
});

test("the why-line names the cause, the folder, and what to do", () => {
  const failure = {
    cause: "folder_refused" as const,
    sentence: "The mail server does not let Hatstand read one folder.",
    remedy: "Stop watching it.",
    retried: true,
    server_said: null,
    folder: "Shared/Team",
    certificate: null,
    page: null,
  };
  expect(whyLine(row({ state: "held_up", failure }))).toBe(
    "The mail server does not let Hatstand read one folder. The folder is “Shared/Team”. Stop watching it.",
  );
  expect(whyLine(row({}))).toBeNull();
});

test("a cycle that brings mail in counts it", () => {
  const syncing = { done: 12, total: 80, folder: "INBOX", phase: "bringing_in" } as const;
  expect(progressWords(row({ syncing }))).toBe("Bringing in 12 of 80");
  expect(progressWords(row({ syncing: { ...syncing, phase: "looking" } }))).toBe("Looking");
});
