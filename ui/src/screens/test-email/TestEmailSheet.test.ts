import { emit } from "@tauri-apps/api/event";
import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Mend, TestRun } from "../../lib/bindings";
import { listenForChanges } from "../../lib/changes";
import { clock } from "../../lib/clock.svelte";
import { router } from "../../lib/router.svelte";
import { sheets } from "../../lib/sheets.svelte";
import { askedFor, engine, refusal, type Answers } from "../connect/testing/answers";
import TestEmailSheet from "./TestEmailSheet.svelte";
import { ALL, BEGAN, held, mailbox, NAMES, OUT, run, steps } from "./testing/runs";

let person: UserEvent;
let stop: () => void;
let now: TestRun;
const onclose = vi.fn();

async function open(
  props: { run?: number; account?: number },
  boxes = [mailbox(7)],
  more: Answers = {},
): Promise<ReturnType<typeof engine>> {
  const asked = engine({
    test_choices: () => ({
      accounts: boxes,
      used: [{ contact_id: 3, name: "Nora", address: "nora@outlook.example" }],
    }),
    test_run: () => now,
    begin_test: () => now,
    ...more,
  });
  stop = await listenForChanges();
  render(TestEmailSheet, { ...props, onclose });
  return asked;
}
async function turns(more: Partial<TestRun>): Promise<void> {
  now = { ...now, ...more };
  await emit("changed", { topics: ["test_runs"] });
}
beforeEach(() => {
  person = userEvent.setup();
  // The time is what the story says.
  clock.stop();
  now = run();
  onclose.mockClear();
  sheets.close();
});
afterEach(() => stop());

test("with one mailbox the address is asked for at once, and a refusal stands at its field", async () => {
  const asked = await open({}, [mailbox(7)], {
    begin_test: ({ address }) => {
      if (address === "box7@lind.example") throw refusal("That mailbox is connected here.", "address");
      return now;
    },
  });
  const field = await screen.findByLabelText("Your other address");
  await waitFor(() => expect(field).toHaveFocus());
  expect(field).toHaveAccessibleDescription(/ask a friend/);
  await person.type(field, "box7@lind.example{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("That mailbox is connected here.");
  expect(field).toHaveAccessibleDescription("That mailbox is connected here.");
  expect(field).toHaveValue("box7@lind.example");

  await person.click(screen.getByRole("button", { name: "nora@outlook.example" }));
  expect(field).toHaveValue("nora@outlook.example");
  expect(screen.queryByRole("alert")).toBeNull();
  await person.click(screen.getByTestId("start-test"));
  expect(await screen.findByRole("heading", { name: "Now reply to it" })).toBeVisible();
  expect(askedFor(asked, "begin_test")).toEqual([
    { accountId: 7, address: "box7@lind.example" },
    { accountId: 7, address: "nora@outlook.example" },
  ]);
});

test("of several mailboxes one is chosen; a red one offers Reconnect, a paused one Resume", async () => {
  const boxes = [
    mailbox(1, { state: "needs_reconnecting" }),
    mailbox(2, { state: "paused" }),
    mailbox(3, { sends: false }),
    mailbox(4),
  ];
  const asked = await open({}, boxes);
  // The first that a test can be made of.
  expect(await screen.findByRole("radio", { name: /box3@/ })).toBeChecked();
  expect(screen.getByTestId("test-by-hand")).toHaveTextContent("You write the email yourself");

  await person.click(screen.getByRole("radio", { name: /box2@/ }));
  expect(screen.getByTestId("test-not-ready")).toHaveTextContent("is paused");
  expect(screen.queryByRole("button", { name: "Continue" })).toBeNull();
  await person.click(screen.getByRole("button", { name: "Resume" }));
  expect(askedFor(asked, "resume_account")).toEqual([{ id: 2 }]);

  await person.click(screen.getByRole("radio", { name: /box4@/ }));
  await person.click(screen.getByRole("button", { name: "Continue" }));
  expect(await screen.findByLabelText("Your other address")).toBeVisible();
  await person.click(screen.getByRole("button", { name: "Back" }));

  await person.click(await screen.findByRole("radio", { name: /box1@/ }));
  expect(screen.getByTestId("test-not-ready")).toHaveTextContent("needs reconnecting");
  await person.click(screen.getByRole("button", { name: "Reconnect" }));
  expect(sheets.shown).toEqual({ kind: "reconnect", id: 1 });
});

test("the mailbox that it was opened for is not asked about again", async () => {
  await open({ account: 4 }, [mailbox(1), mailbox(4)]);
  expect(await screen.findByLabelText("Your other address")).toBeVisible();
  expect(screen.getByTestId("test-sheet")).toHaveTextContent("box4@lind.example");
});

test("without a mailbox there is one button, which connects one", async () => {
  await open({}, []);
  await person.click(await screen.findByRole("button", { name: "Connect account" }));
  expect(sheets.shown).toEqual({ kind: "connect" });
});

test("every step is followed with its time, and the minutes of waiting are counted", async () => {
  now = run({ steps: steps({ sent: "running" }) });
  await open({ run: 5 });
  expect(await screen.findByRole("heading", { name: "Sending the test email" })).toBeVisible();
  const out = steps(OUT).map((s) => (s.name === "accepted" ? { ...s, at: BEGAN, milliseconds: 812 } : s));
  clock.now = BEGAN + 2 * 60_000 + 5_000;
  await turns({ steps: out });
  expect(await screen.findByRole("heading", { name: "Now reply to it" })).toBeVisible();
  expect(screen.getByTestId("test-step-accepted")).toHaveTextContent("10:40:02 · 0.8 s");
  const waits = screen.getByTestId("test-step-reply_seen");
  expect(waits).toHaveAttribute("data-state", "running");
  expect(waits).toHaveTextContent("2 minutes so far.");
  clock.now += 60_000;
  await waitFor(() => expect(waits).toHaveTextContent("3 minutes so far."));
  expect(NAMES.map((n) => screen.getByTestId(`test-step-${n}`).dataset.state)).toEqual([
    "done",
    "done",
    "done",
    "running",
    "todo",
    "todo",
    "todo",
  ]);
  expect(screen.getByText(/Look in that mailbox’s Junk folder first/)).toBeVisible();

  await turns({ steps: steps({ ...OUT, reply_seen: "done", contact_matched: "running" }) });
  expect(await screen.findByRole("heading", { name: "Your reply is here" })).toBeVisible();
  await person.click(screen.getByRole("button", { name: "Close, keep watching" }));
  expect(onclose).toHaveBeenCalledOnce();
});

test("what has come and does not count is said where it is waited for", async () => {
  const automatic = "So far only an automatic reply came";
  now = run({
    steps: steps(OUT).map((s) => (s.name === "reply_seen" ? { ...s, detail: automatic } : s)),
    diagnosis: held(null),
  });
  clock.now = BEGAN + 5 * 60_000;
  await open({ run: 5 });
  expect(await screen.findByTestId("test-step-reply_seen")).toHaveTextContent(
    `${automatic}. 5 minutes so far.`,
  );
});

test("a refusal that is about the mailbox stands below the address, not at it", async () => {
  await open({}, [mailbox(7)], {
    begin_test: () => {
      throw refusal("The keychain is locked.", "account");
    },
  });
  const field = await screen.findByLabelText("Your other address");
  await person.type(field, "nora@outlook.example{Enter}");
  expect(await screen.findByTestId("test-refused")).toHaveTextContent("The keychain is locked.");
  expect(field).not.toHaveAttribute("aria-invalid");
});

test("the address is copied by a button that says so", async () => {
  await open({ run: 5 });
  await person.click(await screen.findByRole("button", { name: "Copy the address" }));
  expect(await screen.findByRole("button", { name: "Copied" })).toHaveFocus();
  expect(await navigator.clipboard.readText()).toBe("nora@outlook.example");
});

test("a test is stopped only after a question", async () => {
  const asked = await open({ run: 5 }, [mailbox(7)], {
    stop_test: () => {
      now = { ...now, state: "stopped" };
      return null;
    },
  });
  await person.click(await screen.findByRole("button", { name: "Stop the test" }));
  await person.click(await screen.findByRole("button", { name: "Keep watching" }));
  expect(askedFor(asked, "stop_test")).toEqual([]);
  await person.click(await screen.findByRole("button", { name: "Stop the test" }));
  await person.click(within(await screen.findByTestId("stop-dialog")).getByTestId("confirm-stop"));
  expect(askedFor(asked, "stop_test")).toEqual([{ id: 5 }]);
  await turns({});
  expect(await screen.findByRole("heading", { name: "You stopped the test" })).toBeVisible();
});

test("a mailbox without sending asks for a mail by hand, with its subject to copy", async () => {
  now = run({
    by_hand: true,
    steps: steps({ sent: "skipped", accepted: "skipped", copy_in_sent: "skipped", reply_seen: "running" }),
  });
  await open({}, [mailbox(7, { sends: false })]);
  await person.type(await screen.findByLabelText("Your other address"), "nora@outlook.example");
  await person.click(screen.getByRole("button", { name: "Start watching" }));
  expect(await screen.findByRole("heading", { name: "Now write it by hand" })).toBeVisible();
  expect(screen.getByTestId("by-hand")).toHaveTextContent("nora@lind.example");
  expect(screen.getByTestId("test-step-sent")).toHaveTextContent("skipped");
  await person.click(screen.getByRole("button", { name: "Copy the subject" }));
  await screen.findByRole("button", { name: "Copied" });
  expect(await navigator.clipboard.readText()).toBe("Hatstand test 7F3KQ2MD");
});

test.each<[Mend, string, string, Record<string, unknown>]>([
  ["bring_in", "Bring it in", "bring_in_test_reply", { id: 5 }],
  ["add_address", "Add the address", "add_test_address", { id: 5 }],
  ["sync_now", "Look now", "look_at_test", { id: 5 }],
  ["resume", "Resume", "resume_account", { id: 7 }],
])("what holds a test up is mended by its button: %s", async (mend, name, command, given) => {
  now = run({ diagnosis: held(mend, "NO [UNAVAILABLE] come back later") });
  const asked = await open({ run: 5 });
  const note = await screen.findByTestId("test-diagnosis");
  expect(note).toHaveTextContent("Something holds it up. This mends it.");
  expect(screen.queryByText(/Junk folder first/)).toBeNull();
  await person.click(within(note).getByRole("button", { name: "Details" }));
  expect(within(note).getByText(/come back later/)).toBeVisible();
  await person.click(within(note).getByRole("button", { name }));
  await waitFor(() => expect(askedFor(asked, command)).toEqual([given]));
});

test.each<[Mend, string, object]>([
  ["reconnect", "Reconnect", { kind: "reconnect", id: 7 }],
  ["edit_account", "Open its settings", { kind: "edit-account", id: 7 }],
  ["watch_folder", "Watch the folder", { kind: "edit-account", id: 7 }],
  ["connect_account", "Connect account", { kind: "connect" }],
  ["add_contact", "Add contact", { kind: "contact" }],
  ["create_project", "New project", { kind: "project", contacts: [3] }],
])("what another sheet mends opens it: %s", async (mend, name, sheet) => {
  now = run({ state: "failed", diagnosis: held(mend) });
  await open({ run: 5 });
  await person.click(await screen.findByRole("button", { name }));
  expect(sheets.shown).toEqual(sheet);
});

test("there is no button for what is gone", async () => {
  now = run({ diagnosis: held("reconnect"), account_id: null });
  await open({ run: 5 });
  const note = await screen.findByTestId("test-diagnosis");
  expect(within(note).queryByRole("button")).toBeNull();
});

test("a run that came all the way says so, shows the project, and is removed on request", async () => {
  const asked = await open({ run: 5 }, [mailbox(7)], {
    clean_test_facts: () => ({ messages: 2, sentence: "The contact, the project and 2 mails are removed." }),
    clean_test: () => {
      now = { ...now, can_clean: false, project_id: null, thread_id: null, project: "" };
      return null;
    },
  });
  await screen.findByRole("heading", { name: "Now reply to it" });
  await turns({
    state: "done",
    ended_at: BEGAN + 4 * 60_000,
    thread_id: 9,
    can_clean: true,
    steps: steps(ALL).map((s) => (s.name === "reply_seen" ? { ...s, detail: "In Inbox" } : s)),
  });
  const heading = await screen.findByRole("heading", { name: "Your email is syncing" });
  await waitFor(() => expect(heading).toHaveFocus());
  const result = screen.getByTestId("test-result");
  expect(result).toHaveAttribute("data-state", "done");
  expect(result).toHaveTextContent("done after 4 minutes");
  expect(result).toHaveTextContent("from nora@outlook.example · In Inbox");
  expect(within(result).getByRole("button", { name: "Test email" })).toBeVisible();

  await person.click(screen.getByRole("button", { name: "Remove the test" }));
  const dialog = await screen.findByTestId("clean-dialog");
  expect(await within(dialog).findByTestId("clean-facts")).toHaveTextContent("and 2 mails are removed");
  await person.click(within(dialog).getByRole("button", { name: "Keep it" }));
  expect(askedFor(asked, "clean_test")).toEqual([]);
  await person.click(await screen.findByRole("button", { name: "Remove the test" }));
  await person.click(await screen.findByTestId("confirm-clean"));
  await waitFor(() => expect(askedFor(asked, "clean_test")).toEqual([{ id: 5 }]));
  await turns({});
  await waitFor(() => expect(screen.queryByRole("button", { name: "Remove the test" })).toBeNull());
  expect(screen.queryByRole("button", { name: "Show it" })).toBeNull();
});

test("Show it opens the reply in its project", async () => {
  now = run({ state: "done", thread_id: 9, ended_at: BEGAN + 1000, steps: steps(ALL) });
  await open({ run: 5 });
  await person.click(await screen.findByRole("button", { name: "Show it" }));
  expect(onclose).toHaveBeenCalledOnce();
  expect(router.place).toEqual({ screen: "project", id: 4, thread: 9 });
});

test("a run that came to nothing shows each check with its mend, and is begun again with what was typed", async () => {
  now = run({
    state: "failed",
    ended_at: BEGAN + 45 * 60_000,
    steps: steps({ ...OUT, reply_seen: "failed" }),
    diagnosis: held("test_again"),
    checks: [
      { name: "contact", ok: true, fact: "Nora is a contact.", mend: null },
      { name: "project", ok: false, fact: "Nora has no active project.", mend: "create_project" },
      { name: "folder", ok: null, fact: "One folder refuses.", mend: "sync_now" },
    ],
  });
  const asked = await open({ run: 5 });
  expect(await screen.findByRole("heading", { name: "The test email did not come back" })).toBeVisible();
  const state = (name: string) => screen.getByTestId(`test-check-${name}`);
  expect(state("contact")).toHaveTextContent("Nora is a contact., yes");
  expect(state("project")).toHaveTextContent("Nora has no active project., no");
  expect(state("folder")).toHaveTextContent("One folder refuses., not known");
  expect(within(state("contact")).queryByRole("button")).toBeNull();
  await person.click(within(state("folder")).getByRole("button", { name: /^Look now/ }));
  await waitFor(() => expect(askedFor(asked, "look_at_test")).toEqual([{ id: 5 }]));

  await person.click(screen.getByRole("button", { name: "Test again" }));
  expect(await screen.findByLabelText("Your other address")).toHaveValue("nora@outlook.example");
  expect(askedFor(asked, "begin_test")).toEqual([]);
});

test("a mail that the server refused was not sent, in the server’s words", async () => {
  now = run({
    state: "failed",
    steps: steps({ sent: "done", accepted: "failed" }),
    diagnosis: held("reconnect", "535 5.7.8 not accepted"),
  });
  await open({ run: 5 });
  expect(await screen.findByRole("heading", { name: "The test email was not sent" })).toBeVisible();
  await person.click(screen.getByRole("button", { name: "Details" }));
  expect(screen.getByText(/535 5.7.8/)).toBeVisible();
});

test("a run that cannot be read says why, and is read again", async () => {
  let fails = true;
  await open({ run: 5 }, [mailbox(7)], {
    test_run: () => {
      if (fails) throw refusal("The database is busy.");
      return now;
    },
  });
  expect(await screen.findByRole("alert")).toHaveTextContent("The database is busy.");
  fails = false;
  await person.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("heading", { name: "Now reply to it" })).toBeVisible();
});
