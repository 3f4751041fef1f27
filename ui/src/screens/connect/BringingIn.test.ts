import { emit } from "@tauri-apps/api/event";
import { render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AccountRow, CycleView } from "../../lib/bindings";
import { listenForChanges } from "../../lib/changes";
import BringingIn from "./BringingIn.svelte";
import { account, engine, failure, yahoo } from "./testing/answers";

const BEGAN = 1_000_000;
const cycle = (started_at: number, more: Partial<CycleView> = {}): CycleView => ({
  started_at,
  ended_at: started_at + 500,
  outcome: "success",
  failure: null,
  new_messages: 0,
  headers_seen: 10,
  bytes_in: 1_000,
  ...more,
});
const syncing: AccountRow["syncing"] = { done: 0, total: 0, folder: null, phase: "signing_in" };
/** As long before the check as it ended after it began: the check stopped it. */
const stopped = cycle(BEGAN - 200, { outcome: "cancelled" });

let row: AccountRow;
let stop: () => void;
async function turns(more: Partial<AccountRow>): Promise<void> {
  row = { ...row, ...more };
  await emit("changed", { topics: ["accounts"] });
}
beforeEach(async () => {
  row = { ...account(yahoo).row, history: [stopped, cycle(BEGAN - 9_000, { new_messages: 3 })] };
  engine({ account: () => account(yahoo, { row }) });
  stop = await listenForChanges();
  render(BringingIn, { account: 7, since: BEGAN });
});
afterEach(() => stop());
const noneCameIn = () => {
  expect(screen.queryByTestId("came-in")).toBeNull();
  expect(screen.queryByTestId("bringing-in-failed")).toBeNull();
};

test("mail that waited is counted only when the cycle has ended", async () => {
  expect(await screen.findByText("Looking for the mail that waited…")).toBeVisible();
  noneCameIn();
  await turns({ syncing });
  expect(await screen.findByText("Signing in…")).toBeVisible();
  await turns({ syncing: { done: 2, total: 5, folder: "Inbox", phase: "bringing_in" } });
  expect(await screen.findByText("Bringing in 2 of 5…")).toBeVisible();
  noneCameIn();
  const first = cycle(BEGAN + 100, { new_messages: 5 });
  await turns({ syncing: null, state: "connected", history: [first, ...row.history] });
  expect(await screen.findByTestId("came-in")).toHaveTextContent("5 messages came in.");
  expect(screen.queryByTestId("bringing-in")).toBeNull();
  // The next one brings nothing, which is not what the person waited for.
  await turns({ history: [cycle(BEGAN + 60_000), ...row.history], copied_today: 5 });
  expect(await screen.findByTestId("came-in")).toHaveTextContent("5 messages came in.");
});

test("a cycle that failed says why, and the one that worked after it what came", async () => {
  const failed = cycle(BEGAN + 100, {
    outcome: "failed",
    failure: failure("over_quota", "The mailbox is full.", { remedy: "Make room there." }),
  });
  await turns({ history: [failed, ...row.history] });
  expect(await screen.findByRole("alert")).toHaveTextContent("The mailbox is full. Make room there.");
  await turns({ history: [cycle(BEGAN + 60_000, { new_messages: 1 }), ...row.history] });
  expect(await screen.findByTestId("came-in")).toHaveTextContent("1 message came in.");
});

test("nothing that waited is said in words, and a stopped cycle as what it is", async () => {
  await turns({ history: [cycle(BEGAN + 100, { outcome: "cancelled" }), ...row.history] });
  expect(await screen.findByText(/The sync was stopped/)).toBeVisible();
  await turns({ history: [cycle(BEGAN + 900), ...row.history] });
  expect(await screen.findByTestId("came-in")).toHaveTextContent("No new mail of your contacts was waiting.");
});
