import { emit } from "@tauri-apps/api/event";
import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test } from "vitest";
import type { AccountRow } from "../../lib/bindings";
import App from "../../App.svelte";
import { router } from "../../lib/router.svelte";
import { sheets } from "../../lib/sheets.svelte";
import { engine } from "../connect/testing/answers";

const row = (id: number, email: string, state: AccountRow["state"]) =>
  ({
    id,
    email,
    state,
    last_synced_at: null,
    failing_since: null,
    history: [],
    notes: [],
  }) as unknown as AccountRow;
const RED = row(7, "hello@lind.example", "needs_reconnecting");
const GREEN = row(3, "nora@lind.example", "connected");

function open(boxes: AccountRow[]): { boxes: AccountRow[] } {
  const world = { boxes };
  engine({
    accounts: () => world.boxes,
    sidebar: () => ({ needs_reply: 0, to_sort: 2, projects: [], health: { kind: "good", sentence: "" } }),
    settings: () => ({ show_mail_on_dashboard: true, cycle_minutes: 10, theme: "system" }),
    contacts: () => ({ rows: [], next: null }),
    what_is_wrong: () => new Promise(() => undefined),
    test_choices: () => ({ accounts: [], used: [] }),
    test_runs: () => [],
  });
  router.go({ screen: "contacts" });
  render(App);
  return world;
}
afterEach(() => sheets.close());

test("F1 opens Help, from a field too, and its steps lead to the screens they speak of", async () => {
  const person = userEvent.setup();
  open([GREEN, RED]);
  await person.click(await screen.findByRole("searchbox"));
  await person.keyboard("{F1}");
  expect(await screen.findByRole("heading", { name: "My incoming email is not syncing" })).toBeVisible();
  expect(screen.getByRole("button", { name: /Help/ })).toHaveAttribute("aria-current", "page");

  const connected = await screen.findByTestId("help-connected");
  expect(await within(connected).findByText("Needs reconnecting")).toBeVisible();
  expect(screen.getByText("2 messages wait there now.")).toBeVisible();
  expect(screen.getByText("There are no contacts yet, so no mail comes in.")).toBeVisible();
  await person.click(within(connected).getByRole("button", { name: "Reconnect hello@lind.example" }));
  expect(sheets.shown).toMatchObject({ kind: "reconnect", id: 7 });
  await person.click(await screen.findByRole("button", { name: "Cancel" }));

  await person.click(screen.getByRole("button", { name: "Folders of nora@" }));
  expect(sheets.shown).toEqual({ kind: "edit-account", id: 3 });
  sheets.close();
  await person.click(await screen.findByRole("button", { name: "Send a test email" }));
  expect(sheets.shown).toEqual({ kind: "test-email" });
  sheets.close();
  await person.click(await screen.findByRole("button", { name: "Open To sort" }));
  expect(router.place.screen).toBe("to-sort");
});

test("a mailbox that turns red says so once, with Reconnect, until it is mended", async () => {
  const person = userEvent.setup();
  const world = open([GREEN, RED]);
  await screen.findByRole("searchbox");
  const red = {
    id: 7,
    email: "hello@lind.example",
    sentence: "Microsoft no longer accepts the saved sign-in.",
  };
  await emit("turned-red", red);
  await emit("turned-red", red);
  const notice = await screen.findByTestId("turned-red");
  expect(notice).toHaveTextContent("hello@lind.example needs reconnecting");
  expect(notice.closest("[role=status]")).not.toBeNull();

  // It waits while a wizard is open.
  sheets.open({ kind: "edit-account", id: 3 });
  await expect.poll(() => screen.queryByTestId("turned-red")).toBeNull();
  sheets.close();
  await screen.findByTestId("turned-red");
  await emit("changed", { topics: ["accounts"] });
  expect(screen.getByTestId("turned-red")).toBeVisible();
  world.boxes = [GREEN, { ...RED, state: "connected" }];
  await emit("changed", { topics: ["accounts"] });
  await expect.poll(() => screen.queryByTestId("turned-red")).toBeNull();

  world.boxes = [GREEN, RED];
  await emit("turned-red", red);
  await person.click(await screen.findByTestId("turned-red-reconnect"));
  expect(sheets.shown).toMatchObject({ kind: "reconnect", id: 7 });
  await person.click(await screen.findByRole("button", { name: "Cancel" }));
  expect(screen.queryByTestId("turned-red")).toBeNull();
});
