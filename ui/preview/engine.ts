// Sample answers in the engine's place.
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import type { AccountRow, CheckStep, Dashboard, Refusal, Settings, Sidebar } from "../src/lib/bindings";
import * as accounts from "./accounts";
import * as mail from "./mail";
import { contactRows, contacts, now, projects } from "./people";

export type Situation = "full" | "empty" | "started" | "failing" | "slow" | "offline" | "states";
type Args = Record<string, unknown>;

const refusal = (
  sentence: string,
  field: string | null = null,
  server_said: string | null = null,
): Refusal => ({ code: "refused", sentence, field, server_said });
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

export function pretend(situation: Situation, theme: string): void {
  const empty = situation === "empty" || situation === "started";
  let settings: Settings = {
    show_mail_on_dashboard: true,
    cycle_minutes: 10,
    theme: theme as Settings["theme"],
  };
  let boxes: AccountRow[] =
    situation === "empty"
      ? []
      : situation === "offline"
        ? accounts.offline()
        : situation === "states"
          ? accounts.every()
          : accounts.good();
  let sorting = empty ? [] : mail.toSort();
  let waiting = empty ? [] : [mail.find(2), mail.find(3)];
  let undoing: (() => void) | undefined;

  const changed = (...topics: string[]) => void emit("changed", { topics });
  const undoable = (sentence: string, back: () => void) => {
    undoing = back;
    return { id: 1, sentence };
  };
  const page = <T>(all: T[], after: unknown, size = 100) => {
    const from = Number(after ?? 0);
    return {
      rows: all.slice(from, from + size),
      next: from + size < all.length ? String(from + size) : null,
    };
  };

  const health = (): Sidebar["health"] => {
    if (boxes.length === 0) return { kind: "none", sentence: "" };
    if (situation === "offline") return { kind: "offline", sentence: "No connection" };
    const red = boxes.filter((b) => b.state === "needs_reconnecting").length;
    return red > 0
      ? { kind: "bad", sentence: `${red} account needs you` }
      : { kind: "good", sentence: "All mail is up to date" };
  };
  const dashboard = (): Dashboard => ({
    greeting_name: "Nora",
    show_mail: settings.show_mail_on_dashboard,
    needs_reply: waiting,
    needs_reply_count: waiting.length,
    to_sort: sorting.slice(0, 3),
    to_sort_count: sorting.length,
    recent: empty ? [] : [6, 5, 9].map(mail.find),
    mailboxes: boxes,
    newest_sync_at: now,
    has_account: boxes.length > 0,
    has_contact: !empty,
    has_project: !empty,
  });

  async function checklist(run: string, password: string): Promise<void> {
    const names = [
      "server_found",
      "secure_connection",
      "signed_in",
      "folders_read",
      "sending_works",
      "saved",
    ] as const;
    const details = [
      "imap.mail.yahoo.com",
      "Certificate valid until March 2027",
      null,
      "Inbox, Sent, Archive",
      null,
      null,
    ];
    const steps: CheckStep[] = names.map((name) => ({
      name,
      state: "todo",
      detail: null,
      milliseconds: null,
      failure: null,
    }));
    for (const [i, step] of steps.entries()) {
      steps[i] = { ...step, state: "running", detail: details[i] ?? null };
      await emit("checklist", { run, steps: structuredClone(steps) });
      if (password === "stay" && i === 3) return new Promise(() => undefined);
      await wait(password === "fast" ? 5 : 260);
      if (step.name === "signed_in" && password === "wrong") {
        const why = accounts.failure(
          "app_password_needed",
          "Your provider wants an app password here, not your usual one.",
          "Make an app password at your provider and type it here.",
          { server_said: "NO [AUTHENTICATIONFAILED] Invalid credentials" },
        );
        steps[i] = { ...step, state: "failed", milliseconds: 412, failure: why };
        await emit("checklist", { run, steps: structuredClone(steps) });
        throw refusal(why.sentence, null, why.server_said);
      }
      steps[i] = {
        ...step,
        state: "done",
        detail: details[i] ?? null,
        milliseconds: [104, 212, 410, 305, 520, 31][i] ?? 0,
      };
    }
    await emit("checklist", { run, steps: structuredClone(steps) });
  }

  const answers: Record<string, (a: Args) => unknown> = {
    sidebar: (): Sidebar => ({
      needs_reply: waiting.length,
      to_sort: sorting.length,
      projects: empty
        ? []
        : projects
            .filter((p) => p.status === "active")
            .slice(0, 3)
            .map(({ id, title, unread }) => ({ id, title, unread })),
      health: health(),
    }),
    dashboard,
    settings: () => settings,
    set_settings: ({ s }) => {
      settings = s as Settings;
      changed("settings");
      return null;
    },
    mark_done: ({ messageId }) => {
      const before = waiting;
      waiting = waiting.filter((m) => m.id !== messageId);
      changed("messages");
      return undoable("Done: it is off the dashboard", () => {
        waiting = before;
        changed("messages");
      });
    },
    accounts: () => boxes,
    account: ({ id }) =>
      accounts.detail(boxes.find((b) => b.id === id) ?? (accounts.good()[0] as AccountRow)),
    providers: () => accounts.providers,
    provider_for: ({ email }) => {
      const e = String(email);
      if (!e.includes("@"))
        throw refusal("That is no whole email address: it needs an @ and what comes after.", "email");
      if (boxes.some((b) => b.email === e)) throw refusal(`${e} is connected already.`, "email");
      return e.includes("yahoo")
        ? "yahoo"
        : e.includes("noralind")
          ? "gmail"
          : e.includes("outlook")
            ? "outlook"
            : "other";
    },
    connect_account: async ({ run, request }) => {
      await checklist(String(run), (request as { password: string }).password);
      return 1;
    },
    reconnect_account: async ({ run, password }) => {
      await checklist(String(run), String(password));
      return 1;
    },
    pause_account: ({ id }) => {
      boxes = boxes.map((b) => (b.id === id ? { ...b, state: "paused", button: "resume" } : b));
      changed("accounts");
      return null;
    },
    resume_account: ({ id }) => {
      boxes = boxes.map((b) => (b.id === id ? { ...b, state: "connected", button: null } : b));
      changed("accounts");
      return null;
    },
    delete_facts_of_account: () => ({
      messages: 369,
      sentence:
        "369 messages that came in from this mailbox are kept here. The password is removed from this computer’s keychain.",
    }),
    delete_facts_of_contact: () => ({ messages: 9, sentence: "No more mail of theirs comes in." }),
    delete_facts_of_project: () => ({ messages: 41, sentence: "Its 41 messages go back to To sort." }),
    contacts: ({ query, after }) =>
      page(
        empty
          ? []
          : contactRows().filter((c) =>
              JSON.stringify(c).toLowerCase().includes(String(query).toLowerCase()),
            ),
        after,
      ),
    contact: ({ id }) => contacts.find((c) => c.id === id) ?? contacts[0],
    add_contact: ({ input }) => {
      const at = (input as { addresses: string[] }).addresses.findIndex((a) => a.startsWith("amara@"));
      if (at >= 0)
        throw refusal(
          "amara@okafor.example belongs to Amara Okafor already. An address belongs to one contact.",
          "addresses",
        );
      changed("contacts");
      return 5;
    },
    count_earlier: () => [],
    projects: ({ status }) => (empty ? [] : projects.filter((p) => status === null || p.status === status)),
    project: ({ id }) => ({
      row: projects.find((p) => p.id === id) ?? projects[0],
      notes: "Ceremony 15:30, house from 9.\nGrace has the key.",
      strangers:
        id === 1 ? [{ id: 1, address: "grace@riverside.example", name: "Grace Adeyemi", at: now }] : [],
    }),
    add_project: ({ input }) => {
      if (!(input as { title: string }).title.trim()) throw refusal("A project needs a title.", "title");
      return 1;
    },
    project_threads: ({ id, after }) => page(mail.threadsOf(Number(id)), after),
    thread: ({ threadId }) => mail.thread(Number(threadId)),
    contact_messages: ({ id, after }) =>
      page(
        mail.rows
          .filter((r) => r.from.address === contacts.find((c) => c.id === id)?.addresses[0]?.address)
          .sort((a, b) => b.date - a.date),
        after,
      ),
    to_sort: ({ after }) => page(sorting, after),
    message: ({ id }) => mail.detail(Number(id)),
    move_message: ({ id, projectId }) => {
      const before = sorting;
      sorting = sorting.filter((r) => r.message.id !== id);
      changed("messages");
      return undoable(`Moved to ${projects.find((p) => p.id === projectId)?.title ?? "To sort"}`, () => {
        sorting = before;
        changed("messages");
      });
    },
    undo: () => {
      undoing?.();
      return null;
    },
    save_attachment: () => true,
    inline_image: () =>
      Uint8Array.from(
        atob(
          "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNkYPhfz0AEYBxVSF+FAP5FDvcfRYWgAAAAAElFTkSuQmCC",
        ),
        (c) => c.charCodeAt(0),
      ).buffer,
  };

  mockIPC(
    async (command, args) => {
      if (situation === "slow") await wait(60_000);
      if (situation === "failing" && !["settings", "sidebar"].includes(command))
        throw refusal(
          "The database is busy. Another program may be working on it.",
          null,
          "SQLITE_BUSY: database is locked",
        );
      return answers[command]?.((args ?? {}) as Args) ?? null;
    },
    { shouldMockEvents: true },
  );
}
