import type { AccountState, Mend, TestRun, TestStepName } from "./bindings";
import { seconds, span, took } from "./dates";

/** What the button of a mend says. */
export const mendWords: Record<Mend, string> = {
  reconnect: "Reconnect",
  sync_now: "Look now",
  resume: "Resume",
  edit_account: "Open its settings",
  bring_in: "Bring it in",
  add_address: "Add the address",
  add_contact: "Add contact",
  create_project: "New project",
  bring_in_earlier: "Bring in earlier mail",
  watch_folder: "Watch the folder",
  connect_account: "Connect account",
  test_again: "Test again",
};

/** Whether a test of this mailbox can come to anything as it stands. */
export const isReady = (state: AccountState): boolean => state !== "paused" && state !== "needs_reconnecting";

export const stepOf = (run: TestRun, name: TestStepName) => run.steps.find((s) => s.name === name);
const isPast = (run: TestRun, name: TestStepName): boolean => {
  const state = stepOf(run, name)?.state;
  return state === "done" || state === "skipped";
};

/** The mail has not left, or was refused. One of which nobody knows whether it left is waited for. */
export const isLeaving = (run: TestRun): boolean =>
  !run.by_hand && !isPast(run, "accepted") && stepOf(run, "reply_seen")?.state === "todo";
/** The reply has been seen. */
export const isBack = (run: TestRun): boolean => isPast(run, "reply_seen");

/** In a line, what became of a run. */
export function outcome(run: TestRun): string {
  switch (run.state) {
    case "waiting":
      return isLeaving(run) ? "Sending" : "Waiting";
    case "done":
      return "Came back";
    case "stopped":
      return "Stopped";
    case "failed":
      return isLeaving(run) ? "Not sent" : "Did not come back";
  }
}
/** The heading of a run that ended. */
export function resultTitle(run: TestRun): string {
  if (run.state === "done") return "Your email is syncing";
  if (run.state === "stopped") return "You stopped the test";
  return isLeaving(run) ? "The test email was not sent" : "The test email did not come back";
}
export const outcomeTone = { waiting: "busy", done: "good", failed: "bad", stopped: "off" } as const;

/** When a step was done and how long it took: "10:40:02 · 0.8 s". */
export const stepTime = (at: number | null, milliseconds: number | null): string =>
  [at === null ? "" : seconds(at), milliseconds === null ? "" : took(milliseconds)]
    .filter(Boolean)
    .join(" · ");

/** "Not a minute yet", "2 minutes so far" */
export const soFar = (since: number, now: number): string =>
  now - since < 60_000 ? "Not a minute yet" : `${span(now - since)} so far`;
