// Runs of the test email in the stories of its wizard.
import type { Mend, StepState, TestAccount, TestRun, TestStepName } from "../../../lib/bindings";

export const NAMES: TestStepName[] = [
  "sent",
  "accepted",
  "copy_in_sent",
  "reply_seen",
  "contact_matched",
  "filed",
  "on_dashboard",
];
export const BEGAN = new Date(2024, 10, 25, 10, 40, 2).getTime();

/** Steps by how they stand; what is not named is to do. */
export const steps = (states: Partial<Record<TestStepName, StepState>>): TestRun["steps"] =>
  NAMES.map((name) => ({
    name,
    title: `Title of ${name}`,
    state: states[name] ?? "todo",
    detail: null,
    at: null,
    milliseconds: null,
  }));
export const OUT = { sent: "done", accepted: "done", copy_in_sent: "done", reply_seen: "running" } as const;
export const ALL = Object.fromEntries(NAMES.map((n) => [n, "done"])) as Record<TestStepName, StepState>;

export const run = (more: Partial<TestRun> = {}): TestRun => ({
  id: 5,
  token: "7F3KQ2MD",
  subject: "Hatstand test 7F3KQ2MD",
  account_id: 7,
  account: "nora@lind.example",
  contact_id: 3,
  contact: "Nora",
  address: "nora@outlook.example",
  project_id: 4,
  project: "Test email",
  thread_id: null,
  state: "waiting",
  by_hand: false,
  started_at: BEGAN,
  ended_at: null,
  steps: steps(OUT),
  diagnosis: null,
  checks: [],
  can_clean: false,
  ...more,
});
export const held = (mend: Mend | null, server_said: string | null = null): TestRun["diagnosis"] => ({
  code: "held",
  sentence: "Something holds it up.",
  remedy: "This mends it.",
  server_said,
  mend,
});
export const mailbox = (id: number, more: Partial<TestAccount> = {}): TestAccount => ({
  id,
  email: `box${id}@lind.example`,
  state: "connected",
  sends: true,
  ...more,
});
