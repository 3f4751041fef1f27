// The commands and events of the window, as the shell offers them. Generated from the Rust types; do not edit.
import { invoke } from "@tauri-apps/api/core";
import { listen, type EventCallback, type UnlistenFn } from "@tauri-apps/api/event";

// names (tauri-specta, errors thrown). Every command rejects with a `Refusal`. Times are UTC milliseconds. Ids are numbers.
export type Refusal = { code: string; sentence: string; server_said: string | null; field: string | null }; // field: which input it is about
export type Failure = { cause: string; sentence: string; remedy: string; retried: boolean; server_said: string | null; folder: string | null };
export type AccountState = "paused" | "needs_reconnecting" | "held_up" | "unreachable" | "waiting" | "late" | "connected";
export type Progress = { done: number; total: number; folder: string | null; phase: "signing_in" | "looking" | "bringing_in" };
export type CycleView = { started_at: number; ended_at: number; outcome: "success" | "failed" | "cancelled"; failure: Failure | null; new_messages: number; headers_seen: number; bytes_in: number };
export type Endpoint = { host: string; port: number; security: "tls" | "starttls" | "plaintext" };
export type AccountRow = {
  id: number; email: string; provider: string; provider_name: string; incoming_host: string;
  state: AccountState; last_synced_at: number | null;
  failing_since: number | null;            // first failure since the last success
  next_try_at: number | null;              // when it is tried again by itself
  failure: Failure | null;                 // the failure that the state comes from
  button: "reconnect" | "unlock" | "try_now" | "sync_now" | "resume" | "find_out" | null;
  syncing: Progress | null;                // a cycle runs now (shown over the state that holds)
  sending: Failure | null;                 // second line: sending does not work
  headers_seen_today: number; copied_today: number;
  history: CycleView[];                    // newest first, at most 12
  notes: string[];                         // e.g. Gmail hides All Mail from IMAP
  moved_mailbox_waiting: number;           // "Your mailbox seems to have been moved: N older mails. Bring them in?"
  unknown_alias: string | null;            // "You also send as hello@…. Add it?"
};
export type FolderRow = { id: number; name: string; role: "inbox"|"sent"|"drafts"|"junk"|"trash"|"all"|"archive"|"other"; watched: boolean; is_sent: boolean };
export type AccountDetail = { row: AccountRow; username: string; incoming: Endpoint; outgoing: Endpoint | null; aliases: string[]; folders: FolderRow[]; headers_seen: number; messages_copied: number; bytes_copied: number };
export type Provider = { id: string; name: string; mark: string; incoming: Endpoint | null; outgoing: Endpoint | null; password_label: string; guidance: string[]; page: string | null; browser_only: boolean; domains: string[] }; // static table; `other` is the last
export type ConnectRequest = { email: string; aliases: string[]; username: string | null; incoming: Endpoint; outgoing: Endpoint | null; provider: string; password: string };
export type CheckName = "server_found" | "secure_connection" | "signed_in" | "folders_read" | "sending_works" | "saved";
export type CheckStep = { name: CheckName; state: "todo" | "running" | "done" | "failed" | "skipped"; detail: string | null; milliseconds: number | null; failure: Failure | null };
export type EmailCount = { address: string; count: number; since: number | null };  // earlier messages that the server holds
export type Backfill = { kind: "none" } | { kind: "since"; since: number } | { kind: "all" };
export type ContactKind = "lead" | "client" | "prospect" | "other";
export type ContactRow = { id: number; name: string; company: string; kind: ContactKind; addresses: string[]; projects: string[]; messages: number; last_message_at: number | null };
export type ContactAddressView = { id: number; address: string; saved_at: number; backfill: Backfill; messages: number; earlier: number | null; earlier_since: number | null };  // earlier: known count on the servers not brought in; null: not counted yet
export type ContactDetail = { id: number; name: string; company: string; kind: ContactKind; phone: string; notes: string; default_project_id: number | null; addresses: ContactAddressView[]; projects: ProjectRow[]; messages: number };
export type ContactInput = { name: string; company: string; kind: ContactKind; phone: string; notes: string; addresses: string[]; default_project_id: number | null };
export type ProjectStatus = "active" | "completed" | "archived";
export type ProjectRow = { id: number; title: string; status: ProjectStatus; status_at: number; contacts: { id: number; name: string }[]; messages: number; unread: number; last_message_at: number | null };
export type ProjectDetail = { row: ProjectRow; notes: string; strangers: Stranger[] };
export type Stranger = { id: number; address: string; name: string; at: number };   // "A mail in this thread is from someone who is no contact yet" + Add
export type ProjectInput = { title: string; notes: string; status: ProjectStatus; contact_ids: number[] };
export type Mailbox = { name: string; address: string };
export type MessageRow = { id: number; thread_id: number; direction: "in" | "out"; from: Mailbox; who: string; initials: string; to: Mailbox[]; subject: string; preview: string; date: number; project_id: number | null; project: string | null; read: boolean; automatic: boolean; attachments: number };
export type ThreadRow = { thread_id: number; newest: MessageRow; messages: number; unread: number };   // a project's mail by thread
export type Page<T> = { rows: T[]; next: string | null };     // keyset cursor, opaque; at most 100 rows
export type Suggestion = { kind: "project"; project_id: number; label: string } | { kind: "continue"; project_id: number; label: string } | { kind: "new_project"; label: string; contact_ids: number[] };
export type ToSortRow = { message: MessageRow; reason: string; suggestions: Suggestion[] };
export type Attachment = { index: number; name: string; type: string; size: number; content_id: string | null };
export type MessageDetail = {
  row: MessageRow; to: Mailbox[]; cc: Mailbox[]; reason: string;           // reason: "filed here because its thread is"
  locations: { account: string; folder: string }[]; note: string | null;  // note: partial, or "could not be read fully, shown as text"
  text: string; html: string | null;       // html: cleaned body for the message frame; links are <a href="open:N" target="_top" title="real address">
  remote_images: number; attachments: Attachment[];
};
export type Undo = { id: number; sentence: string };            // "Moved to Okafor wedding", with Undo
export type Dashboard = { greeting_name: string; show_mail: boolean; needs_reply: MessageRow[]; needs_reply_count: number; to_sort: ToSortRow[]; to_sort_count: number; recent: MessageRow[]; mailboxes: AccountRow[]; newest_sync_at: number | null; has_account: boolean; has_contact: boolean; has_project: boolean };
export type Sidebar = { needs_reply: number; to_sort: number; projects: { id: number; title: string; unread: number }[]; health: { kind: "none" | "good" | "busy" | "waiting" | "offline" | "held_up" | "bad"; sentence: string } };
export type Settings = { show_mail_on_dashboard: boolean; cycle_minutes: number; theme: "system" | "light" | "dark" };
export type DeleteFacts = { messages: number; sentence: string };    // what becomes of the mail
export type Topic = "accounts" | "contacts" | "projects" | "messages" | "settings";
export type Changed = { topics: Topic[] };
export type Checklist = { run: string; steps: CheckStep[] };
export type Show = { screen: string };

export const commands = {
  sidebar: (): Promise<Sidebar> => invoke<Sidebar>("sidebar"),
  dashboard: (): Promise<Dashboard> => invoke<Dashboard>("dashboard"),
  markDone: (messageId: number): Promise<Undo> => invoke<Undo>("mark_done", { messageId }),
  settings: (): Promise<Settings> => invoke<Settings>("settings"),
  setSettings: (s: Settings): Promise<null> => invoke<null>("set_settings", { s }),
  accounts: (): Promise<AccountRow[]> => invoke<AccountRow[]>("accounts"),
  account: (id: number): Promise<AccountDetail> => invoke<AccountDetail>("account", { id }),
  providers: (): Promise<Provider[]> => invoke<Provider[]>("providers"),
  providerFor: (email: string): Promise<string> => invoke<string>("provider_for", { email }),
  connectAccount: (run: string, request: ConnectRequest): Promise<number> => invoke<number>("connect_account", { run, request }),
  reconnectAccount: (run: string, id: number, password: string): Promise<number> => invoke<number>("reconnect_account", { run, id, password }),
  cancelCheck: (run: string): Promise<null> => invoke<null>("cancel_check", { run }),
  editAccount: (id: number, aliases: string[], watched: number[], sentFolders: number[]): Promise<null> => invoke<null>("edit_account", { id, aliases, watched, sentFolders }),
  pauseAccount: (id: number): Promise<null> => invoke<null>("pause_account", { id }),
  resumeAccount: (id: number): Promise<null> => invoke<null>("resume_account", { id }),
  deleteFactsOfAccount: (id: number): Promise<DeleteFacts> => invoke<DeleteFacts>("delete_facts_of_account", { id }),
  deleteAccount: (id: number, keepMail: boolean): Promise<null> => invoke<null>("delete_account", { id, keepMail }),
  syncNow: (id: number | null): Promise<null> => invoke<null>("sync_now", { id }),
  stopSync: (id: number): Promise<null> => invoke<null>("stop_sync", { id }),
  unlockKeychain: (): Promise<null> => invoke<null>("unlock_keychain"),
  answerMovedMailbox: (id: number, bringIn: boolean): Promise<null> => invoke<null>("answer_moved_mailbox", { id, bringIn }),
  answerAlias: (id: number, address: string, add: boolean): Promise<null> => invoke<null>("answer_alias", { id, address, add }),
  contacts: (query: string, after: string | null): Promise<Page<ContactRow>> => invoke<Page<ContactRow>>("contacts", { query, after }),
  contact: (id: number): Promise<ContactDetail> => invoke<ContactDetail>("contact", { id }),
  addContact: (input: ContactInput, fromMessage: number | null): Promise<number> => invoke<number>("add_contact", { input, fromMessage }),
  editContact: (id: number, input: ContactInput): Promise<null> => invoke<null>("edit_contact", { id, input }),
  addStranger: (strangerId: number, name: string): Promise<number> => invoke<number>("add_stranger", { strangerId, name }),
  setBackfill: (addressId: number, backfill: Backfill): Promise<null> => invoke<null>("set_backfill", { addressId, backfill }),
  countEarlier: (contactId: number): Promise<EmailCount[]> => invoke<EmailCount[]>("count_earlier", { contactId }),
  deleteFactsOfContact: (id: number): Promise<DeleteFacts> => invoke<DeleteFacts>("delete_facts_of_contact", { id }),
  deleteContact: (id: number, keepMail: boolean): Promise<null> => invoke<null>("delete_contact", { id, keepMail }),
  projects: (status: ProjectStatus | null): Promise<ProjectRow[]> => invoke<ProjectRow[]>("projects", { status }),
  project: (id: number): Promise<ProjectDetail> => invoke<ProjectDetail>("project", { id }),
  addProject: (input: ProjectInput): Promise<number> => invoke<number>("add_project", { input }),
  editProject: (id: number, input: ProjectInput): Promise<null> => invoke<null>("edit_project", { id, input }),
  deleteFactsOfProject: (id: number): Promise<DeleteFacts> => invoke<DeleteFacts>("delete_facts_of_project", { id }),
  deleteProject: (id: number, keepMail: boolean): Promise<null> => invoke<null>("delete_project", { id, keepMail }),
  projectThreads: (id: number, after: string | null): Promise<Page<ThreadRow>> => invoke<Page<ThreadRow>>("project_threads", { id, after }),
  thread: (threadId: number, projectId: number | null): Promise<MessageRow[]> => invoke<MessageRow[]>("thread", { threadId, projectId }),
  contactMessages: (id: number, after: string | null): Promise<Page<MessageRow>> => invoke<Page<MessageRow>>("contact_messages", { id, after }),
  toSort: (after: string | null): Promise<Page<ToSortRow>> => invoke<Page<ToSortRow>>("to_sort", { after }),
  message: (id: number): Promise<MessageDetail> => invoke<MessageDetail>("message", { id }),
  markRead: (id: number, read: boolean): Promise<null> => invoke<null>("mark_read", { id, read }),
  moveMessage: (id: number, projectId: number | null, wholeThread: boolean): Promise<Undo> => invoke<Undo>("move_message", { id, projectId, wholeThread }),
  undo: (undoId: number): Promise<null> => invoke<null>("undo", { undoId }),
  openLink: (messageId: number, n: number): Promise<null> => invoke<null>("open_link", { messageId, n }),
  saveAttachment: (messageId: number, index: number): Promise<boolean> => invoke<boolean>("save_attachment", { messageId, index }),
  inlineImage: (messageId: number, contentId: string): Promise<ArrayBuffer> => invoke<ArrayBuffer>("inline_image", { messageId, contentId }),
  openPage: (provider: string): Promise<null> => invoke<null>("open_page", { provider }),
};

export const events = {
  changed: event<Changed>("changed"),
  checklist: event<Checklist>("checklist"),
  show: event<Show>("show"),
};

function event<T>(name: string) {
  return { listen: (heard: EventCallback<T>): Promise<UnlistenFn> => listen<T>(name, heard) };
}
