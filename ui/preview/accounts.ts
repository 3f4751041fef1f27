import type {
  AccountDetail,
  AccountRow,
  Certificate,
  CycleView,
  Failure,
  Found,
  Provider,
  WhatIsWrong,
} from "../src/lib/bindings";
import { at, now } from "./people";

const MINUTE = 60_000;
export const failure = (
  cause: Failure["cause"],
  sentence: string,
  remedy: string,
  more: Partial<Failure> = {},
): Failure => ({
  cause,
  sentence,
  remedy,
  retried: false,
  server_said: null,
  folder: null,
  certificate: null,
  page: null,
  ...more,
});
export const certificate: Certificate = {
  host: "mail.lind-photo.example",
  subject_names: ["server7.hosting.example", "www.server7.hosting.example"],
  issuer: "Hosting Example CA",
  not_after: now + 200 * 24 * 60 * MINUTE,
  fingerprint: Array.from({ length: 32 }, (_, i) =>
    ((i * 73 + 58) % 256).toString(16).padStart(2, "0").toUpperCase(),
  ).join(":"),
};
const cycles = (worst: CycleView["outcome"] = "success"): CycleView[] =>
  Array.from({ length: 12 }, (_, i) => ({
    started_at: now - (i * 10 + 5) * MINUTE,
    ended_at: now - (i * 10 + 4) * MINUTE,
    outcome: i < 2 ? worst : i === 7 ? "cancelled" : "success",
    failure:
      i < 2 && worst === "failed"
        ? failure("wrong_password", "The mail server no longer accepts the password.", "")
        : null,
    new_messages: i % 4 === 0 ? 2 : 0,
    headers_seen: 30 + i,
    bytes_in: 40_000,
  }));
const row = (
  id: number,
  email: string,
  provider: [string, string, string],
  more: Partial<AccountRow>,
): AccountRow => ({
  id,
  email,
  provider: provider[0],
  provider_name: provider[1],
  incoming_host: provider[2],
  state: "connected",
  last_synced_at: now - 4 * MINUTE,
  failing_since: null,
  next_try_at: null,
  failure: null,
  button: null,
  syncing: null,
  sending: null,
  headers_seen_today: 1204,
  copied_today: 9,
  history: cycles(),
  notes: [],
  moved_mailbox_waiting: 0,
  unknown_alias: null,
  ...more,
});
const GMAIL: [string, string, string] = ["gmail", "Gmail", "imap.gmail.com"];
const YAHOO: [string, string, string] = ["yahoo", "Yahoo", "imap.mail.yahoo.com"];
const ICLOUD: [string, string, string] = ["icloud", "iCloud", "imap.mail.me.com"];
const OTHER: [string, string, string] = ["other", "Other", "mail.lind-photo.example"];

export const good = (): AccountRow[] => [
  row(1, "nora@noralind.studio", GMAIL, {}),
  row(3, "noralind@icloud.com", ICLOUD, { last_synced_at: now - 6 * MINUTE }),
];

export const every = (): AccountRow[] => [
  row(1, "nora@noralind.studio", GMAIL, {
    notes: ["Gmail hides All Mail from Hatstand, so the ordinary folders are watched."],
  }),
  row(2, "noralind@yahoo.example", YAHOO, {
    state: "needs_reconnecting",
    last_synced_at: at(1, "18:40"),
    button: "reconnect",
    history: cycles("failed"),
    failure: failure(
      "app_password_needed",
      "Yahoo refused the saved password: it wants an app password.",
      "Make one at Yahoo and type it here.",
      { server_said: "NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials (app password required)" },
    ),
  }),
  row(3, "noralind@icloud.com", ICLOUD, {
    syncing: { done: 12, total: 80, folder: "Inbox", phase: "bringing_in" },
  }),
  row(4, "office@lind-photo.example", OTHER, {
    state: "unreachable",
    failing_since: at(0, "08:02"),
    next_try_at: now + 2 * MINUTE,
    button: "try_now",
    last_synced_at: at(0, "07:51"),
    failure: failure("timed_out", "The mail server does not answer.", "It is tried again by itself.", {
      retried: true,
    }),
  }),
  row(5, "studio@lind-photo.example", OTHER, {
    state: "held_up",
    button: "unlock",
    last_synced_at: at(0, "07:12"),
    failure: failure("keychain_locked", "This computer’s keychain is locked.", "Unlock it, then sync.", {
      retried: true,
    }),
  }),
  row(6, "archive@lind-photo.example", OTHER, {
    state: "late",
    last_synced_at: now - 181 * MINUTE,
    button: "sync_now",
  }),
  row(7, "new@lind-photo.example", OTHER, {
    state: "waiting",
    last_synced_at: null,
    history: [],
    headers_seen_today: 0,
    copied_today: 0,
  }),
  row(8, "holiday@lind-photo.example", OTHER, { state: "paused", button: "resume", last_synced_at: at(6) }),
  row(9, "hello@noralind.studio", GMAIL, {
    moved_mailbox_waiting: 1240,
    unknown_alias: { address: "hallo@noralind.studio", seen: "sent" },
    sending: failure(
      "sending_off",
      "Your organisation has switched off sending from other programs.",
      "Ask the person who looks after it.",
    ),
  }),
  row(10, "hello@lind-photo.example", ["microsoft365", "Microsoft 365", "outlook.office365.com"], {
    state: "needs_reconnecting",
    last_synced_at: at(1, "18:40"),
    button: "reconnect",
    failure: failure(
      "sign_in_expired",
      "Microsoft no longer accepts the saved sign-in.",
      "Mail that arrives meanwhile waits on the server and comes in once you are back.",
    ),
  }),
  row(11, "shop@lind-photo.example", OTHER, {
    state: "needs_reconnecting",
    last_synced_at: at(1, "18:40"),
    button: "reconnect",
    unknown_alias: { address: "orders@lind-photo.example", seen: "delivered" },
    failure: failure(
      "certificate_wrong_name",
      "The mail server’s certificate is for another name, so Hatstand sent it no password.",
      "Ask whoever runs the server, or look at the server’s name under Edit.",
      { retried: true },
    ),
  }),
];
export const offline = (): AccountRow[] =>
  good().map((a) => ({
    ...a,
    state: "unreachable",
    failing_since: now - 20 * MINUTE,
    next_try_at: now + 40_000,
    button: "try_now",
    failure: failure(
      "offline",
      "This computer is offline.",
      "Nothing to do: it goes on by itself when the network is back.",
      { retried: true },
    ),
  }));

export const detail = (r: AccountRow): AccountDetail => ({
  row: r,
  username: r.email,
  incoming: { host: r.incoming_host, port: 993, security: "tls" },
  outgoing: { host: r.incoming_host.replace("imap", "smtp"), port: 465, security: "tls" },
  aliases: ["hello@noralind.studio"],
  sender_name: "Nora Lind",
  signature: "<p>Nora Lind<br>Photographer</p>",
  headers_seen: 48_210,
  messages_copied: 369,
  bytes_copied: 5_012_345,
  sign_in: r.provider === "microsoft365" ? "browser" : "password",
  trusted: r.provider === "other" ? [{ fingerprint: certificate.fingerprint, host: r.incoming_host }] : [],
  folders: [
    { id: 1, name: "INBOX", role: "inbox", watched: true, is_sent: false },
    { id: 2, name: "Sent", role: "sent", watched: true, is_sent: true },
    { id: 3, name: "Archive", role: "archive", watched: true, is_sent: false },
    {
      id: 4,
      name: "Clients/2026/Weddings and other celebrations",
      role: "other",
      watched: true,
      is_sent: false,
    },
    { id: 5, name: "Junk", role: "junk", watched: false, is_sent: false },
    { id: 6, name: "Trash", role: "trash", watched: false, is_sent: false },
  ],
});

/** What the look at an account says, by its state. */
export function wrongWith(r: AccountRow, trusted: boolean): WhatIsWrong {
  const f = r.failure;
  const answer = (title: string, text: string, need: WhatIsWrong["need"], more: Partial<Failure> = {}) => ({
    failure: f && { ...f, ...more },
    title,
    text,
    need,
    last_synced_at: r.last_synced_at,
  });
  switch (f?.cause) {
    case "app_password_needed":
      return answer(
        "Yahoo wants an app password",
        "Yahoo refused the saved password. It gives each program its own password, 16 letters long, instead of your usual one. Making one takes a minute.",
        "app_password",
      );
    case "sign_in_expired":
      return answer(
        "Microsoft no longer accepts the saved sign-in",
        "That happens after a new password, or when access was taken back. Sign in once more in your browser.",
        "browser",
      );
    case "certificate_wrong_name":
      return trusted
        ? { ...answer("Nothing is wrong now", "Run the checks to be sure.", "nothing"), failure: null }
        : answer(
            "The certificate is for another name",
            "So nobody can tell whether this is your mail server. No password was sent.",
            "trust",
            { certificate },
          );
    case "keychain_locked":
      return answer(
        "This computer’s keychain is locked",
        "The password is in there. Unlock the keychain, and Hatstand goes on by itself.",
        "unlock",
      );
    case "timed_out":
    case "offline":
      return answer(
        "The mail server does not answer",
        "It may be down. Hatstand keeps trying by itself.",
        "wait",
      );
    default:
      return {
        ...answer(
          "Nothing is wrong with this mailbox",
          "You can run the checks again to be sure.",
          "nothing",
        ),
        failure: null,
      };
  }
}

const tls = (host: string, port: number) => ({ host, port, security: "tls" as const });
const p = (
  id: string,
  name: string,
  mark: string,
  imap: string | null,
  smtp: string | null,
  more: Partial<Provider> = {},
): Provider => ({
  id,
  name,
  mark,
  incoming: imap ? tls(imap, 993) : null,
  outgoing: smtp ? tls(smtp, 465) : null,
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
const LETTERS = "xxxx xxxx xxxx xxxx";
const google = { issuer: "google", issuer_name: "Google" };
const microsoft = { issuer: "microsoft", issuer_name: "Microsoft", takes_password: false };
const table: Provider[] = [
  p("gmail", "Google", "G", "imap.gmail.com", "smtp.gmail.com", {
    ...google,
    app_password: true,
    password_label: "App password",
    password_placeholder: LETTERS,
    page: "x",
    page_label: "Open App passwords",
    note: "App passwords need 2-Step Verification. Switch it on in your Google account first.",
    guidance: [
      "Open Google’s page and sign in there as usual.",
      "Type “Hatstand” as the app’s name, and choose **Create**.",
      "Copy the 16 letters and paste them here. Spaces do not matter.",
    ],
  }),
  p("microsoft365", "Microsoft 365", "M", "outlook.office365.com", "smtp.office365.com", microsoft),
  p("outlook", "Outlook.com", "O", "outlook.office365.com", "smtp-mail.outlook.com", {
    ...microsoft,
    note: "Switch on IMAP in Outlook.com’s settings first: Mail, Forwarding and IMAP.",
  }),
  p("icloud", "iCloud", "i", "imap.mail.me.com", "smtp.mail.me.com", {
    app_password: true,
    password_label: "App-specific password",
    page: "x",
    page_label: "Open Apple account",
  }),
  p("yahoo", "Yahoo", "Y", "imap.mail.yahoo.com", "smtp.mail.yahoo.com", {
    app_password: true,
    password_label: "App password",
    password_placeholder: LETTERS,
    page: "x",
    page_label: "Open Account security",
    guidance: [
      "Open Yahoo’s page and sign in there as usual.",
      "Choose **Create app password**, type “Hatstand” as its name.",
      "Copy the 16 letters and paste them here. Spaces do not matter.",
    ],
  }),
  p("fastmail", "Fastmail", "F", "imap.fastmail.com", "smtp.fastmail.com"),
  p("zoho", "Zoho", "Z", "imap.zoho.com", "smtp.zoho.com"),
  p("gmx", "GMX", "X", "imap.gmx.net", "mail.gmx.net"),
  p("other", "Other", "…", null, null),
];
/** The table, as the issuers' client ids stand. */
export const providers = (ready: readonly string[]): Provider[] =>
  table.map((provider) => ({
    ...provider,
    browser_ready: provider.issuer !== null && ready.includes(provider.issuer),
  }));

/** What the search says about an address. */
export function found(email: string): Found {
  const answer = (id: string, source: Found["answers"][number]["source"], sentence: string) => {
    const provider = table.find((q) => q.id === id);
    return {
      provider: id,
      incoming: provider?.incoming ?? tls("mail.lind-photo.example", 993),
      outgoing: provider?.outgoing ?? tls("mail.lind-photo.example", 465),
      username: null,
      source,
      sentence: `${email} ${sentence}`,
    };
  };
  const connected_already = email.startsWith("again")
    ? `${email} is connected already, at mail.lind-photo.example. This would be a second mailbox.`
    : null;
  const one = (...answers: Found["answers"]): Found => ({ answers, connected_already });
  if (email.includes("two@"))
    return one(
      answer("other", "autoconfig", "is at mail.lind-photo.example: its domain says so."),
      answer("gmail", "mx", "may be at Google: its mail is delivered there."),
    );
  if (email.includes("yahoo")) return one(answer("yahoo", "table", "is at Yahoo."));
  if (email.includes("outlook")) return one(answer("outlook", "table", "is at Outlook.com."));
  if (email.includes("lind-photo"))
    return one(answer("other", "srv", "is at mail.lind-photo.example: its domain says so."));
  if (email.includes("noralind")) return one(answer("gmail", "mx", "is at Google: its mail server says so."));
  return one();
}
