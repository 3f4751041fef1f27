import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import type { Dashboard, MessageRow } from "../../lib/bindings";
import { router } from "../../lib/router.svelte";
import { writing } from "../../lib/writing.svelte";
import { askedFor, engine } from "../connect/testing/answers";
import DashboardPage from "./DashboardPage.svelte";

const DAY = 86_400_000;
const message = (id: number, subject: string, more: Partial<MessageRow> = {}): MessageRow => ({
  id,
  thread_id: id * 10,
  direction: "in",
  from: { name: "Amara Okafor", address: "amara@okafor.example" },
  who: "Amara Okafor",
  initials: "AO",
  to: [],
  subject,
  preview: "",
  date: Date.now() - DAY,
  project_id: 1,
  project: "Okafor wedding",
  read: true,
  automatic: false,
  attachments: 0,
  ...more,
});
function open(more: Partial<Dashboard>): ReturnType<typeof engine> {
  const dashboard: Dashboard = {
    greeting_name: "Nora",
    show_mail: true,
    needs_reply: [],
    needs_reply_count: 0,
    waiting: [],
    waiting_count: 0,
    undelivered: [],
    to_sort: [],
    to_sort_count: 0,
    recent: [],
    mailboxes: [],
    newest_sync_at: null,
    has_account: true,
    has_contact: true,
    has_project: true,
    ...more,
  };
  const asked = engine({ dashboard: () => dashboard });
  render(DashboardPage);
  return asked;
}
beforeEach(() => router.go({ screen: "dashboard" }));

test("what needs a reply is answered in its project, or done", async () => {
  const person = userEvent.setup();
  const asked = open({ needs_reply: [message(2, "Timeline")], needs_reply_count: 1 });
  await person.click(await screen.findByRole("button", { name: "Done: Timeline" }));
  expect(askedFor(asked, "mark_done")).toEqual([{ messageId: 2 }]);
  await person.click(screen.getByRole("button", { name: "Reply: Timeline" }));
  expect(router.place).toMatchObject({ screen: "project", id: 1, thread: 20 });
  expect(writing.below).toMatchObject({ thread: 20, start: { mail: { answers: 2, all: false } } });
});

test("who has not answered is shown with the days of quiet, nudged or done", async () => {
  const person = userEvent.setup();
  const row = (id: number, subject: string, quiet_days: number) => ({
    message: message(id, subject, { direction: "out", who: "You", date: Date.now() - quiet_days * DAY }),
    whom: "Jonas Brandt",
    initials: "JB",
    quiet_days,
  });
  const asked = open({ waiting: [row(5, "Two logos", 4), row(6, "A quote", 0)], waiting_count: 3 });
  const region = await screen.findByRole("region", { name: "Waiting for them" });
  const [first, second] = within(region).getAllByTestId("waiting-row") as [HTMLElement, HTMLElement];
  expect(first).toHaveTextContent("Jonas Brandt");
  expect(first).toHaveTextContent("4 days quiet");
  expect(first).toHaveTextContent(/Okafor wedding · you wrote on /);
  expect(second).not.toHaveTextContent("quiet");
  expect(second).toHaveTextContent("you wrote today");
  expect(region).toHaveTextContent("And 1 more");
  await person.click(within(region).getByRole("button", { name: "Done: Two logos" }));
  expect(askedFor(asked, "mark_done")).toEqual([{ messageId: 5 }]);
  await person.click(within(region).getByRole("button", { name: "Nudge: Two logos" }));
  expect(router.place).toMatchObject({ screen: "project", id: 1, thread: 50 });
  expect(writing.below).toMatchObject({ thread: 50, start: { mail: { answers: 5 } } });
});

test("a mail that did not arrive says whom it did not reach, in the server’s words, until it is put away", async () => {
  const person = userEvent.setup();
  const asked = open({
    show_mail: false,
    undelivered: [
      {
        id: 3,
        message: message(8, "The contract"),
        address: "anna@old.example",
        sentence: "Not delivered to anna@old.example: there is no such address.",
        server_said: "550 5.1.1 User unknown",
        reported_at: Date.now(),
      },
    ],
  });
  const region = await screen.findByRole("region", { name: "Not delivered" });
  expect(
    within(region)
      .getAllByText(/anna@old\.example/)
      .map((said) => said.textContent),
  ).toEqual(["Not delivered to anna@old.example: there is no such address."]);
  expect(screen.queryByText(/User unknown/)).toBeNull();
  await person.click(within(region).getByRole("button", { name: "Details" }));
  expect(screen.getByText(/User unknown/)).toBeVisible();
  await person.click(
    within(region).getByRole("button", { name: "Dismiss: not delivered to anna@old.example" }),
  );
  await waitFor(() => expect(askedFor(asked, "dismiss_undelivered")).toEqual([{ id: 3 }]));
  await person.click(within(region).getByRole("button", { name: "The contract" }));
  expect(router.place).toEqual({ screen: "project", id: 1, thread: 80, message: 8 });
});

test("where nobody keeps one waiting and all arrived, neither is shown", async () => {
  open({});
  await screen.findByRole("region", { name: "Needs a reply" });
  expect(screen.queryByRole("region", { name: "Waiting for them" })).toBeNull();
  expect(screen.queryByRole("region", { name: "Not delivered" })).toBeNull();
});
