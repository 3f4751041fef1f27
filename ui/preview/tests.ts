// Sample runs of the test email, one for each way that it goes.
import type { AccountRow, TestChoices, TestRun, TestStepName, TestStepView } from "../src/lib/bindings";
import { at, now } from "./people";

const MINUTE = 60_000;
const NAMES: TestStepName[] = [
  "sent",
  "accepted",
  "copy_in_sent",
  "reply_seen",
  "contact_matched",
  "filed",
  "on_dashboard",
];
const ACCOUNT = "nora@noralind.studio";

/** The steps of a run of which the first `done` are; `then` stands for the next one. */
export function steps(
  start: number,
  done: number,
  then: TestStepView["state"] = "todo",
  byHand = false,
): TestStepView[] {
  const todo = [
    `To be sent by ${ACCOUNT}`,
    "Accepted by the outgoing server",
    "Copy in Sent",
    "Seen on the server",
    "Recognised as your contact",
    "In the project “Test email”",
    "On the dashboard",
  ];
  const past: [string, string | null, number | null][] = [
    [`Sent by ${ACCOUNT}`, null, 140],
    ["Accepted by smtp.gmail.com", null, 812],
    ["Copy in Sent", "Found once", null],
    ["Seen on the server", "In Inbox", null],
    ["Recognised as your contact", "Nora Lind", 12],
    ["In the project “Test email”", null, 20],
    ["On the dashboard", "Under “Needs a reply”", null],
  ];
  return NAMES.map((name, i) => {
    const skipped = byHand && i < 3;
    const state = skipped ? "skipped" : i < done ? "done" : i === done ? then : "todo";
    const [title, detail, milliseconds] =
      state === "done" ? (past[i] ?? ["", null, null]) : [todo[i] ?? "", null, null];
    const waits = state === "running" && name === "reply_seen";
    return {
      name,
      title: waits ? (byHand ? "Waiting for your email" : "Waiting for your reply") : title,
      state,
      detail: detail,
      at: state === "done" ? start + (i < 3 ? (i + 1) * 900 : 3 * MINUTE + i * 400) : null,
      milliseconds: state === "done" ? milliseconds : null,
    };
  });
}
const run = (id: number, started_at: number, more: Partial<TestRun>): TestRun => ({
  id,
  token: "7F3KQ2MD",
  subject: "Hatstand test 7F3KQ2MD",
  account_id: 1,
  account: ACCOUNT,
  contact_id: 7,
  contact: "Nora Lind",
  address: "nora.lind@outlook.example",
  project_id: 8,
  project: "Test email",
  thread_id: null,
  state: "waiting",
  by_hand: false,
  started_at,
  ended_at: null,
  steps: steps(started_at, 3, "running"),
  diagnosis: null,
  checks: [],
  can_clean: false,
  ...more,
});

/** By id: 1 waits, 2 came back, 3 no reply, 4 refused by the server, 5 in Junk, 6 by hand, 7 another address, 8 stopped, 9 is sending, 10 sync fails. */
export const every = (): TestRun[] => {
  const began = now - 2 * MINUTE - 20_000;
  const before = at(1, "16:04");
  return [
    run(1, began, {}),
    run(2, before, {
      state: "done",
      ended_at: before + 4 * MINUTE,
      steps: steps(before, 7),
      thread_id: 1,
      project_id: 1,
      can_clean: true,
    }),
    run(3, at(4), {
      state: "failed",
      ended_at: at(4) + 45 * MINUTE,
      steps: steps(at(4), 3, "failed"),
      can_clean: true,
      diagnosis: {
        code: "no_reply",
        sentence: "45 minutes have passed, and no reply has reached nora@noralind.studio.",
        remedy: "Look whether the test email lies in Junk over there, then test again.",
        server_said: null,
        mend: "test_again",
      },
      checks: [
        {
          name: "contact",
          ok: true,
          fact: "Nora Lind is a contact, with nora.lind@outlook.example.",
          mend: null,
        },
        { name: "saved_before", ok: true, fact: "The address was saved before the test began.", mend: null },
        {
          name: "project",
          ok: false,
          fact: "Nora Lind has no active project, so a reply waits under To sort.",
          mend: "create_project",
        },
        { name: "account", ok: true, fact: "nora@noralind.studio is connected.", mend: null },
        { name: "last_sync", ok: true, fact: "It was last synced a minute ago.", mend: null },
        {
          name: "folder",
          ok: null,
          fact: "No folder holds a reply, as far as Hatstand could look: “Clients” refuses.",
          mend: "sync_now",
        },
      ],
    }),
    run(4, at(6), {
      state: "failed",
      ended_at: at(6) + 4_000,
      steps: steps(at(6), 1, "failed"),
      diagnosis: {
        code: "wrong_password",
        sentence: "The outgoing server does not accept the password.",
        remedy: "Type the current password.",
        server_said:
          "535 5.7.8 Username and Password not accepted. For more information, go to your account.",
        mend: "reconnect",
      },
      can_clean: true,
    }),
    run(5, began, {
      steps: steps(began, 3, "running").map((s) =>
        s.name === "reply_seen" ? { ...s, detail: "Your reply lies in “Junk”" } : s,
      ),
      diagnosis: {
        code: "junk",
        sentence: "Your reply lies in Junk.",
        remedy: "Hatstand never brings in mail from Junk by itself. This one can be brought in by hand.",
        server_said: null,
        mend: "bring_in",
      },
    }),
    run(6, began, {
      by_hand: true,
      account: "archive@lind-photo.example",
      account_id: 6,
      steps: steps(began, 3, "running", true),
    }),
    run(7, began, {
      steps: steps(began, 4),
      diagnosis: {
        code: "other_address",
        sentence: "The reply came from nora@private.example, which is no address of Nora Lind.",
        remedy: "Add it to the contact, and its mail comes in.",
        server_said: null,
        mend: "add_address",
      },
    }),
    run(8, at(9), {
      state: "stopped",
      ended_at: at(9) + 6 * MINUTE,
      steps: steps(at(9), 3, "skipped"),
      can_clean: false,
    }),
    run(9, now - 1_000, { steps: steps(now - 1_000, 0, "running") }),
    run(10, began, {
      diagnosis: {
        code: "sign_in_expired",
        sentence: "nora@noralind.studio cannot be looked at: Google no longer accepts the saved sign-in.",
        remedy: "Reconnect it. The test goes on by itself.",
        server_said: "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        mend: "reconnect",
      },
    }),
  ];
};
export const choices = (boxes: readonly AccountRow[]): TestChoices => ({
  accounts: boxes.map(({ id, email, state }) => ({ id, email, state, sends: id !== 6 })),
  used: [
    { contact_id: 7, name: "Nora Lind", address: "nora.lind@outlook.example" },
    { contact_id: 8, name: "Jonas, a friend", address: "jonas@private.example" },
  ],
});

/** A run that is begun here: it goes all the way within a few seconds. */
export function begin(
  account: AccountRow,
  address: string,
  byHand: boolean,
  tell: (run: TestRun) => void,
): TestRun {
  const started = Date.now();
  const first = run(99, started, {
    account_id: account.id,
    account: account.email,
    address,
    by_hand: byHand,
    steps: steps(started, byHand ? 3 : 0, "running", byHand),
  });
  for (let done = byHand ? 4 : 1; done <= 7; done += 1) {
    const all = done === 7;
    setTimeout(
      () =>
        tell({
          ...first,
          steps: steps(started, done, "running", byHand),
          state: all ? "done" : "waiting",
          ended_at: all ? Date.now() : null,
          thread_id: all ? 1 : null,
          project_id: 1,
          can_clean: all,
        }),
      done * 900 + (done > 3 ? 4_000 : 0),
    );
  }
  return first;
}
