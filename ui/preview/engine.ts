// Sample answers in the engine's place.
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import type {
  AccountRow,
  Advanced,
  ConnectRequest,
  CycleView,
  Dashboard,
  Proxy,
  ReconnectRequest,
  Settings,
  Sidebar,
  TestRun,
  UndeliveredRow,
  WaitingRow,
} from "../src/lib/bindings";
import * as accounts from "./accounts";
import { checks, refusal, wait } from "./checks";
import * as mail from "./mail";
import { writing } from "./writing";
import { contactRows, contacts, now, projects } from "./people";
import * as tests from "./tests";

export type Situation = "full" | "empty" | "started" | "failing" | "slow" | "offline" | "states" | "looking";
type Args = Record<string, unknown>;

export function pretend(situation: Situation, theme: string): void {
  const empty = situation === "empty" || situation === "started";
  let settings: Settings = {
    show_mail_on_dashboard: true,
    cycle_minutes: 10,
    undo_seconds: 10,
    theme: theme as Settings["theme"],
  };
  let boxes: AccountRow[] =
    situation === "empty"
      ? []
      : situation === "offline"
        ? accounts.offline()
        : situation === "states" || situation === "looking"
          ? accounts.every()
          : accounts.good();
  let sorting = empty ? [] : mail.toSort();
  let waiting = empty ? [] : [mail.find(2), mail.find(3)];
  let quiet: WaitingRow[] = empty
    ? []
    : mail.rows
        .filter((r) => r.direction === "out" && r.project_id !== null && r.thread_id !== 1)
        .slice(0, 2)
        .map((message) => ({
          message,
          whom: message.to[0]?.name ?? "",
          initials: (message.to[0]?.name ?? "")
            .split(" ")
            .map((x) => x[0])
            .slice(0, 2)
            .join(""),
          quiet_days: Math.floor((now - message.date) / 86_400_000),
        }));
  let undelivered: UndeliveredRow[] =
    situation === "states"
      ? [
          {
            id: 1,
            message: mail.find(1),
            address: "amara.okafor@old-studio.example",
            sentence: "Not delivered to amara.okafor@old-studio.example: there is no such address.",
            server_said:
              "550 5.1.1 <amara.okafor@old-studio.example>: Recipient address rejected: User unknown",
            reported_at: now - 40 * 60_000,
          },
        ]
      : [];
  let runs: TestRun[] = situation === "empty" ? [] : tests.every();
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
      ? { kind: "bad", sentence: `${red} ${red === 1 ? "account needs" : "accounts need"} you` }
      : { kind: "good", sentence: "All mail is up to date" };
  };
  const dashboard = (): Dashboard => ({
    greeting_name: "Nora",
    show_mail: settings.show_mail_on_dashboard,
    needs_reply: waiting,
    needs_reply_count: waiting.length,
    waiting: quiet,
    waiting_count: quiet.length,
    undelivered,
    to_sort: sorting.slice(0, 3),
    to_sort_count: sorting.length,
    recent: empty ? [] : [6, 5, 9].map(mail.find),
    mailboxes: boxes,
    newest_sync_at: now,
    has_account: boxes.length > 0,
    has_contact: !empty,
    has_project: !empty,
  });

  const { trusted, cancelled, checklist, look } = checks();
  let advanced: Advanced = {
    clients: [
      { id: "google", name: "Google", client_id: null, from_build: true, has_secret: false },
      { id: "microsoft", name: "Microsoft", client_id: null, from_build: false, has_secret: false },
    ],
    proxy: { kind: "system" },
  };
  const ready = () => advanced.clients.filter((c) => c.client_id !== null || c.from_build).map((c) => c.id);

  /** The checks are green: a cycle runs for a while, and turns the row green. */
  function mended(id: unknown): void {
    const turns = (to: (b: AccountRow) => Partial<AccountRow>) => {
      boxes = boxes.map((b) => (b.id === id ? { ...b, ...to(b) } : b));
      changed("accounts");
    };
    const started_at = Date.now();
    turns(() => ({ syncing: { done: 2, total: 4, folder: "Inbox", phase: "bringing_in" } }));
    void wait(1_500).then(() => {
      const ended_at = Date.now();
      const cycle: CycleView = {
        started_at,
        ended_at,
        outcome: "success",
        failure: null,
        new_messages: 4,
        headers_seen: 120,
        bytes_in: 48_000,
      };
      turns((b) => ({
        syncing: null,
        state: "connected",
        failure: null,
        button: null,
        last_synced_at: ended_at,
        history: [cycle, ...b.history],
      }));
    });
  }

  const written = writing(situation, () => settings.undo_seconds, changed, refusal);
  const sentFigures = () => {
    const [outbox, outbox_needs_you, drafts] = written.figures();
    return { outbox, outbox_needs_you, drafts };
  };
  const answers: Record<string, (a: Args) => unknown> = {
    ...written.answers,
    sidebar: (): Sidebar => ({
      needs_reply: waiting.length,
      to_sort: sorting.length,
      ...sentFigures(),
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
      const before = [waiting, quiet] as const;
      waiting = waiting.filter((m) => m.id !== messageId);
      quiet = quiet.filter((m) => m.message.id !== messageId);
      changed("messages");
      return undoable("Done: it is off the dashboard", () => {
        [waiting, quiet] = before;
        changed("messages");
      });
    },
    dismiss_undelivered: ({ id }) => {
      undelivered = undelivered.filter((u) => u.id !== id);
      changed("messages");
      return null;
    },
    test_choices: () => tests.choices(boxes),
    // On Email settings all but the one that waits and those that ended would be too many.
    test_runs: () => runs.filter((r) => r.id === 1 || r.id === 99 || r.state !== "waiting"),
    test_run: ({ id }) => runs.find((r) => r.id === id) ?? runs[0],
    begin_test: async ({ accountId, address }) => {
      const box = boxes.find((b) => b.id === accountId) ?? (accounts.good()[0] as AccountRow);
      await wait(300);
      if (!String(address).includes("@"))
        throw refusal("That is no whole email address: it needs an @ and what comes after.", "address");
      if (boxes.some((b) => b.email === address))
        throw refusal(
          `${String(address)} is connected here. The test needs a mailbox that is not, or it would only write to itself.`,
          "address",
        );
      const put = (run: TestRun) => {
        runs = [run, ...runs.filter((r) => r.id !== run.id)];
        changed("test_runs");
      };
      const begun = tests.begin(box, String(address), box.id === 6, put);
      put(begun);
      return begun;
    },
    stop_test: ({ id }) => {
      runs = runs.map((r) => (r.id === id ? { ...r, state: "stopped", ended_at: Date.now() } : r));
      changed("test_runs");
      return null;
    },
    bring_in_test_reply: async ({ id }) => {
      await wait(600);
      runs = runs.map((r) =>
        r.id === id
          ? {
              ...r,
              state: "done",
              ended_at: Date.now(),
              diagnosis: null,
              steps: tests.steps(r.started_at, 7),
              thread_id: 1,
              project_id: 1,
              can_clean: true,
            }
          : r,
      );
      changed("test_runs");
      return null;
    },
    clean_test_facts: () => ({
      messages: 2,
      sentence:
        "The contact Nora Lind, the project “Test email” and 2 mails are removed from this computer. On the mail server nothing changes.",
    }),
    clean_test: ({ id }) => {
      runs = runs.map((r) =>
        r.id === id ? { ...r, can_clean: false, project_id: null, thread_id: null, project: "" } : r,
      );
      changed("test_runs", "contacts", "projects", "messages");
      return null;
    },
    accounts: () => boxes,
    account: ({ id }) =>
      accounts.detail(boxes.find((b) => b.id === id) ?? (accounts.good()[0] as AccountRow)),
    providers: () => accounts.providers(ready()),
    cancel_check: ({ run }) => {
      cancelled.add(String(run));
      return null;
    },
    find_servers: async ({ email }) => {
      const e = String(email);
      if (!e.includes("@"))
        throw refusal("That is no whole email address: it needs an @ and what comes after.", "email");
      await wait(e.startsWith("slow") ? 4_000 : 60);
      return accounts.found(e);
    },
    // "stay@…" never comes back, "refuse@…" is refused, anyone else comes back after a while.
    begin_browser_sign_in: ({ email }) => ({
      link: "https://accounts.google.com/o/oauth2/v2/auth?client_id=hatstand-sample&redirect_uri=http%3A%2F%2F127.0.0.1%3A41873%2F&response_type=code&scope=https%3A%2F%2Fmail.google.com%2F&code_challenge_method=S256",
      opened: !String(email).startsWith("closed"),
      email,
    }),
    await_browser_sign_in: async () => {
      const typed = document.querySelector(
        "[data-testid=connect-sheet] .trail p, .sheet .trail p",
      )?.textContent;
      if (typed?.startsWith("stay") || typed?.startsWith("closed")) return new Promise(() => undefined);
      await wait(1_200);
      if (typed?.startsWith("refuse"))
        throw refusal("Google says that access was refused.", null, "access_denied");
      return { signed_in_as: typed ?? null };
    },
    what_is_wrong: async ({ run, id }) => {
      const box = boxes.find((b) => b.id === id) ?? (accounts.good()[0] as AccountRow);
      await look(String(run), box, situation === "looking");
      return accounts.wrongWith(box, trusted.size > 0);
    },
    connect_account: async ({ run, request }) => {
      const r = request as ConnectRequest;
      await checklist(String(run), r.sign_in, r.trusted, r.incoming.host);
      mended(1);
      return 1;
    },
    reconnect_account: async ({ run, id, request }) => {
      const r = request as ReconnectRequest;
      const box = boxes.find((b) => b.id === id);
      await checklist(
        String(run),
        r.sign_in,
        r.trusted,
        r.servers?.incoming.host ?? box?.incoming_host ?? "imap.mail.yahoo.com",
      );
      mended(id);
      return 1;
    },
    advanced: () => advanced,
    set_client: ({ issuer, clientId, clientSecret }) => {
      advanced = {
        ...advanced,
        clients: advanced.clients.map((c) =>
          c.id === issuer
            ? {
                ...c,
                client_id: clientId as string | null,
                has_secret: clientSecret !== null,
              }
            : c,
        ),
      };
      return null;
    },
    set_proxy: ({ proxy }) => {
      const to = proxy as Proxy;
      if ("host" in to && !to.host) throw refusal("Which host is the proxy at?", "host");
      advanced = { ...advanced, proxy: to };
      return null;
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
