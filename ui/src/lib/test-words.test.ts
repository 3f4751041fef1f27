import { expect, test } from "vitest";
import { ALL, OUT, run, steps } from "../screens/test-email/testing/runs";
import { isBack, isLeaving, outcome, resultTitle, soFar, stepTime } from "./test-words";

test("a mail leaves until it is taken; one that may have left is waited for", () => {
  const at = (states: Parameters<typeof steps>[0], more = {}) => run({ steps: steps(states), ...more });
  expect(isLeaving(at({ sent: "running" }))).toBe(true);
  expect(isLeaving(at({ sent: "done", accepted: "running" }))).toBe(true);
  expect(isLeaving(at({ sent: "done", accepted: "running", reply_seen: "running" }))).toBe(false);
  expect(isLeaving(at(OUT))).toBe(false);
  expect(isLeaving(at({}, { by_hand: true }))).toBe(false);
  expect(isBack(at(OUT))).toBe(false);
  expect(isBack(at({ ...OUT, reply_seen: "done" }))).toBe(true);
});

test("what became of a run, in a line and as a heading", () => {
  const said = (more: Parameters<typeof run>[0]) => [outcome(run(more)), resultTitle(run(more))];
  expect(said({ state: "done", steps: steps(ALL) })).toEqual(["Came back", "Your email is syncing"]);
  expect(said({ state: "stopped" })).toEqual(["Stopped", "You stopped the test"]);
  const lost = { state: "failed" as const, steps: steps({ ...OUT, reply_seen: "failed" as const }) };
  expect(said(lost)).toEqual(["Did not come back", "The test email did not come back"]);
  const refused = { state: "failed" as const, steps: steps({ sent: "done", accepted: "failed" }) };
  expect(said(refused)).toEqual(["Not sent", "The test email was not sent"]);
  expect(outcome(run({ steps: steps({ sent: "running" }) }))).toBe("Sending");
  expect(outcome(run())).toBe("Waiting");
});

test("when a step was done, how long it took, and how long is waited", () => {
  const at = new Date(2026, 10, 25, 10, 40, 2).getTime();
  expect(stepTime(at, 812)).toBe("10:40:02 · 0.8 s");
  expect(stepTime(at, null)).toBe("10:40:02");
  expect(stepTime(null, null)).toBe("");
  expect(soFar(at, at + 59_000)).toBe("Not a minute yet");
  expect(soFar(at, at + 61_000)).toBe("1 minute so far");
});
