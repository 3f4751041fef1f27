// What the engine answers in the stories of the wizards.
import { mockIPC } from "@tauri-apps/api/mocks";
import type {
  AccountDetail,
  AccountRow,
  CheckStep,
  Failure,
  Found,
  Provider,
  Refusal,
  WhatIsWrong,
} from "../../../lib/bindings";

const server = (host: string, port: number) => ({ host, port, security: "tls" as const });

export const provider = (more: Partial<Provider>): Provider => ({
  id: "other",
  name: "Other",
  mark: "…",
  incoming: null,
  outgoing: null,
  password_label: "Password",
  password_placeholder: null,
  guidance: [],
  page: null,
  page_label: null,
  note: null,
  takes_password: true,
  issuer: null,
  issuer_name: null,
  browser_ready: false,
  local_part_user: false,
  app_password: false,
  listed: true,
  domains: [],
  ...more,
});
export const gmail = provider({
  id: "gmail",
  name: "Google",
  mark: "G",
  incoming: server("imap.gmail.com", 993),
  outgoing: server("smtp.gmail.com", 465),
  password_label: "App password",
  app_password: true,
  issuer: "google",
  issuer_name: "Google",
  browser_ready: true,
});
export const yahoo = provider({
  id: "yahoo",
  name: "Yahoo",
  mark: "Y",
  incoming: server("imap.mail.yahoo.com", 993),
  outgoing: server("smtp.mail.yahoo.com", 465),
  password_label: "App password",
  password_placeholder: "xxxx xxxx xxxx xxxx",
  app_password: true,
  guidance: ["Open Yahoo’s page.", "Choose **Create app password**."],
  page: "https://yahoo.example",
  page_label: "Open Account security",
});
export const outlook = provider({
  id: "outlook",
  name: "Outlook.com",
  mark: "O",
  incoming: server("outlook.office365.com", 993),
  takes_password: false,
  issuer: "microsoft",
  issuer_name: "Microsoft",
});
export const providers = [gmail, yahoo, outlook, provider({})];

export const refusal = (sentence: string, field: string | null = null): Refusal => ({
  code: "x",
  sentence,
  server_said: null,
  field,
});
export const failure = (cause: Failure["cause"], sentence: string, more: Partial<Failure> = {}): Failure => ({
  cause,
  sentence,
  remedy: "",
  retried: false,
  server_said: null,
  folder: null,
  certificate: null,
  page: null,
  ...more,
});
export const failedStep = (name: CheckStep["name"], why: Failure): CheckStep => ({
  name,
  state: "failed",
  detail: null,
  milliseconds: 412,
  failure: why,
});
export const certificate = {
  host: "mail.lind.example",
  subject_names: ["server7.hosting.example"],
  issuer: "Hosting Example CA",
  not_after: Date.UTC(2027, 2, 14),
  fingerprint: Array.from({ length: 32 }, () => "3A").join(":"),
};

/** The best answer is the table’s own. */
export const foundAt = (p: Provider, email: string, more: Partial<Found> = {}): Found => ({
  answers: [
    {
      provider: p.id,
      incoming: p.incoming ?? server("mail.lind.example", 993),
      outgoing: p.outgoing,
      username: null,
      source: "mx",
      sentence: `${email} is at ${p.name}: its mail server says so.`,
    },
  ],
  connected_already: null,
  ...more,
});

const row = (p: Provider): AccountRow => ({
  id: 7,
  email: "nora@lind.example",
  provider: p.id,
  provider_name: p.name,
  incoming_host: "mail.lind.example",
  state: "needs_reconnecting",
  last_synced_at: Date.now() - 86_400_000,
  failing_since: null,
  next_try_at: null,
  failure: null,
  button: "reconnect",
  syncing: null,
  sending: null,
  headers_seen_today: 0,
  copied_today: 0,
  history: [],
  notes: [],
  moved_mailbox_waiting: 0,
  unknown_alias: null,
});
export const account = (p: Provider, more: Partial<AccountDetail> = {}): AccountDetail => ({
  row: row(p),
  username: "nora@lind.example",
  incoming: server("mail.lind.example", 993),
  outgoing: server("mail.lind.example", 465),
  aliases: [],
  sender_name: "",
  signature: "",
  folders: [],
  trusted: [],
  sign_in: "password",
  headers_seen: 1,
  messages_copied: 1,
  bytes_copied: 1,
  ...more,
});

export const wrong = (need: WhatIsWrong["need"], why: Failure | null, title: string): WhatIsWrong => ({
  failure: why,
  title,
  text: "What to do.",
  need,
  last_synced_at: null,
});

export type Answers = Record<string, (args: any) => unknown>;

/** Answers commands by their names, and keeps what was asked: [command, arguments]. */
export function engine(answers: Answers): [string, Record<string, unknown>][] {
  const asked: [string, Record<string, unknown>][] = [];
  const all: Answers = {
    providers: () => providers,
    account: () => account(yahoo),
    ...answers,
  };
  mockIPC(
    (command, args) => {
      const given = (args ?? {}) as Record<string, unknown>;
      asked.push([command, given]);
      return all[command]?.(given) ?? null;
    },
    { shouldMockEvents: true },
  );
  return asked;
}
export const askedFor = (asked: [string, Record<string, unknown>][], command: string) =>
  asked.filter(([c]) => c === command).map(([, args]) => args);
