import { emit } from "@tauri-apps/api/event";
import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TestRun } from "../../lib/bindings";
import App from "../../App.svelte";
import { router } from "../../lib/router.svelte";
import { sheets } from "../../lib/sheets.svelte";
import { testNotices } from "../../lib/test-notices.svelte";
import { account, engine, yahoo } from "../connect/testing/answers";
import { ALL, BEGAN, run, steps } from "./testing/runs";

let world: { runs: TestRun[] };
beforeEach(() => {
  world = { runs: [] };
  testNotices.all = [];
});
afterEach(() => sheets.close());

function open(): void {
  engine({
    accounts: () => [{ ...account(yahoo).row, state: "connected", button: null }],
    sidebar: () => ({ needs_reply: 0, to_sort: 0, projects: [], health: { kind: "good", sentence: "" } }),
    settings: () => ({ show_mail_on_dashboard: true, cycle_minutes: 10, undo_seconds: 10, theme: "system" }),
    advanced: () => ({ clients: [], proxy: { kind: "system" } }),
    test_choices: () => ({ accounts: [], used: [] }),
    test_runs: () => world.runs,
    test_run: ({ id }) => world.runs.find((r) => r.id === id),
  });
  router.go({ screen: "settings" });
  render(App);
}
const ended = (id: number, state: TestRun["state"], more: Partial<TestRun> = {}) =>
  run({ id, state, steps: steps(ALL), ended_at: BEGAN + 60_000, ...more });

test("Email settings begins a test, and lists the ones that wait and the earlier ones", async () => {
  const person = userEvent.setup();
  world.runs = [
    run({ id: 9 }),
    ended(8, "done"),
    ended(7, "failed"),
    ended(6, "failed", { steps: steps({ sent: "failed" }) }),
    ended(5, "stopped"),
    ended(4, "done", { address: "first@outlook.example" }),
  ];
  open();
  const section = await screen.findByTestId("test-email");
  await within(section).findByText("Earlier tests");
  const rows = () => within(section).getAllByTestId("test-run");
  expect(rows().map((r) => r.dataset.run)).toEqual(["9", "8", "7", "6", "5"]);
  const words = rows().map((r) => r.textContent ?? "");
  for (const [i, word] of ["Waiting", "Came back", "Did not come back", "Not sent", "Stopped"].entries())
    expect(words[i]).toContain(word);
  await person.click(within(section).getByRole("button", { name: "Show all 5 tests" }));
  expect(rows().at(-1)).toHaveTextContent("first@outlook.example");

  await person.click(rows()[1] as HTMLElement);
  expect(sheets.shown).toEqual({ kind: "test-email", run: 8 });
  expect(await screen.findByRole("heading", { name: "Your email is syncing" })).toBeVisible();
  sheets.close();
  await person.click(await screen.findByRole("button", { name: "Send a test email" }));
  expect(sheets.shown).toEqual({ kind: "test-email" });
});

test("a run that ends unseen gives a notice, which opens it; one that is looked at gives none", async () => {
  const person = userEvent.setup();
  world.runs = [run({ id: 9 }), run({ id: 8 }), ended(1, "done")];
  open();
  await screen.findAllByTestId("test-run");
  // What ended before this window is no news.
  expect(screen.queryByTestId("test-notice")).toBeNull();

  world.runs = [run({ id: 9 }), ended(8, "done"), ended(1, "done")];
  await emit("changed", { topics: ["test_runs"] });
  const notice = await screen.findByTestId("test-notice");
  expect(notice).toHaveTextContent("Your email is syncing");
  expect(notice.closest("[role=status]")).not.toBeNull();
  await person.click(within(notice).getByRole("button", { name: "Show the test of nora@lind.example" }));
  expect(await screen.findByRole("heading", { name: "Your email is syncing" })).toBeVisible();
  sheets.close();
  await expect.poll(() => screen.queryByTestId("test-notice")).toBeNull();

  sheets.open({ kind: "test-email", run: 9 });
  await screen.findByRole("heading", { name: "Now reply to it" });
  world.runs = [ended(9, "failed"), ended(8, "done"), ended(1, "done")];
  await emit("changed", { topics: ["test_runs"] });
  await screen.findByRole("heading", { name: "The test email did not come back" });
  sheets.close();
  await expect.poll(() => screen.queryByTestId("test-sheet")).toBeNull();
  expect(screen.queryByTestId("test-notice")).toBeNull();
});

test("a run that came to nothing says why in its notice, and can be put away", async () => {
  const person = userEvent.setup();
  world.runs = [run({ id: 9 })];
  open();
  await screen.findAllByTestId("test-run");
  const diagnosis = {
    code: "no_reply",
    sentence: "No reply came in 45 minutes.",
    remedy: "",
    server_said: null,
    mend: null,
  };
  world.runs = [ended(9, "failed", { diagnosis })];
  await emit("changed", { topics: ["test_runs"] });
  const notice = await screen.findByTestId("test-notice");
  expect(notice).toHaveTextContent("The test email did not come back");
  expect(notice).toHaveTextContent("No reply came in 45 minutes.");
  await person.click(within(notice).getByRole("button", { name: "Dismiss" }));
  await expect.poll(() => screen.queryByTestId("test-notice")).toBeNull();
});
