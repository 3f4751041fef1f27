// What the engine answers in the tests of writing and sending.
import { mockIPC } from "@tauri-apps/api/mocks";
import type { Draft, OutgoingRow, Refusal } from "../../../lib/bindings";

export type Asked = { command: string; args: Record<string, unknown> };

export const draft = (more: Partial<Draft> = {}): Draft => ({
  id: 7,
  from: "nora@lind.example",
  from_choices: [
    {
      account_id: 1,
      address: "nora@lind.example",
      label: "Nora Lind <nora@lind.example>",
      signature: "<p>Nora</p>",
    },
    {
      account_id: 2,
      address: "studio@lind.example",
      label: "Studio Lind <studio@lind.example>",
      signature: "<p>Studio Lind</p>",
    },
  ],
  to: [],
  cc: [],
  bcc: [],
  subject: "",
  html: '<p><br></p><div class="signature"><p>Nora</p></div>',
  files: { files: [], too_large: null },
  project_id: null,
  project: null,
  answered: null,
  changed_at: 0,
  ...more,
});

export const row = (more: Partial<OutgoingRow> = {}): OutgoingRow => ({
  id: 7,
  from: "nora@lind.example",
  to: "Amara Okafor",
  recipients: [],
  subject: "Timeline",
  preview: "Half past three",
  state: "draft",
  failure: null,
  sending: null,
  send_at: null,
  next_try_at: null,
  project_id: null,
  project: null,
  thread_id: null,
  sent_message: null,
  copy: "none",
  looked: false,
  files: 0,
  changed_at: 0,
  ...more,
});

export const refusal = (sentence: string, field: string | null = null): Refusal => ({
  code: "refused",
  sentence,
  server_said: null,
  field,
});

/** Stands in the engine's place, and notes what it is asked. */
export function engine(answers: Record<string, (args: never) => unknown>): Asked[] {
  const asked: Asked[] = [];
  mockIPC(
    (command, args) => {
      asked.push({ command, args: (args ?? {}) as Record<string, unknown> });
      return answers[command]?.(args as never) ?? null;
    },
    { shouldMockEvents: true },
  );
  return asked;
}
export const askedFor = (asked: Asked[], command: string): Record<string, unknown>[] =>
  asked.filter((a) => a.command === command).map((a) => a.args);

export const people = [
  { name: "Amara Okafor", address: "amara@okafor.example" },
  { name: "Tunde Bello", address: "tunde@riverside.example" },
];
