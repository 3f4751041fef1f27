// Sample drafts, templates and outgoing mail.
import type {
  BeginMail,
  Draft,
  DraftInput,
  FromChoice,
  Mailbox,
  OutgoingRow,
  Refusal,
  Template,
  TemplateInput,
} from "../src/lib/bindings";
import { failure } from "./accounts";
import * as mail from "./mail";
import { at, contacts, now, projects } from "./people";

type Args = Record<string, unknown>;
const MINUTE = 60_000;

const signature = (role: string) => `<p>Nora Lind<br>${role}<br>+44 20 7946 0321</p>`;
const choices: FromChoice[] = [
  {
    account_id: 1,
    address: "nora@noralind.studio",
    label: "Nora Lind <nora@noralind.studio>",
    signature: signature("Photographer"),
  },
  {
    account_id: 1,
    address: "hello@noralind.studio",
    label: "Nora Lind <hello@noralind.studio>",
    signature: signature("Photographer"),
  },
  {
    account_id: 3,
    address: "noralind@icloud.com",
    label: "Nora Lind <noralind@icloud.com>",
    signature: "<p>Nora</p>",
  },
];

const row = (id: number, more: Partial<OutgoingRow>): OutgoingRow => ({
  id,
  from: "nora@noralind.studio",
  to: "Amara Okafor",
  recipients: [{ name: "Amara Okafor", address: "amara@okafor.example", accepted: false, refused: null }],
  subject: "Re: Timeline for the day",
  preview: "Half past three is lovely, the light is softer then.",
  state: "draft",
  failure: null,
  sending: null,
  send_at: null,
  next_try_at: null,
  project_id: 1,
  project: "Okafor wedding",
  thread_id: 1,
  sent_message: null,
  copy: "none",
  looked: false,
  files: 0,
  changed_at: now - 12 * MINUTE,
  ...more,
});

/** One of each state. */
const every = (): OutgoingRow[] => [
  row(1, {}),
  row(2, { state: "undoable", send_at: now + 25_000 }),
  row(3, {
    state: "scheduled",
    send_at: at(-1, "08:00") > now ? at(-1, "08:00") : now + 20 * 60 * MINUTE,
    subject: "The gallery is ready",
    thread_id: null,
  }),
  row(4, {
    state: "waiting",
    next_try_at: now + 3 * MINUTE,
    failure: failure(
      "offline",
      "This computer is offline.",
      "Nothing to do: it goes by itself when the network is back.",
      { retried: true },
    ),
  }),
  row(5, { state: "sending", sending: { sent: 12_400_000, total: 20_100_000 }, files: 2 }),
  row(6, {
    state: "failed",
    subject: "Your invoice",
    thread_id: null,
    failure: failure(
      "recipient_refused",
      "The mail server does not take mail for this address.",
      "Check the address.",
      { server_said: "550 5.1.1 <amara@okafor.exmaple>: Recipient address rejected: User unknown" },
    ),
  }),
  row(7, { state: "uncertain", files: 1, looked: true }),
  row(10, { state: "uncertain", subject: "The second shooter", thread_id: null }),
  row(8, {
    state: "sent",
    subject: "Parking, and where we meet",
    thread_id: null,
    to: "Amara Okafor, Tunde Bello",
    recipients: [
      { name: "Amara Okafor", address: "amara@okafor.example", accepted: true, refused: null },
      {
        name: "Tunde Bello",
        address: "tunde@riverside.example",
        accepted: false,
        refused: failure(
          "recipient_refused",
          "The mail server does not take mail for this address.",
          "Check the address.",
          {
            server_said: "552 5.2.2 Mailbox full",
          },
        ),
      },
    ],
  }),
  row(9, {
    from: "studio@old-lind.example",
    subject: "",
    preview: "",
    to: "",
    recipients: [],
    thread_id: null,
    project_id: null,
    project: null,
  }),
];

export function writing(
  situation: string,
  undoSeconds: () => number,
  changed: (...topics: string[]) => void,
  refusal: (sentence: string, field?: string | null, said?: string | null) => Refusal,
): { answers: Record<string, (a: Args) => unknown>; figures: () => [number, boolean, number] } {
  let rows: OutgoingRow[] = situation === "states" ? every() : situation === "full" ? [row(1, {})] : [];
  const drafts = new Map<number, Draft>();
  let templates: Template[] =
    situation === "empty"
      ? []
      : [
          {
            id: 1,
            title: "First answer",
            subject: "Your enquiry",
            html: "<p>Hello {first name},</p><p>thank you for writing. I would love to hear more about {project}: where is it, and how many people will be there?</p>",
          },
          {
            id: 2,
            title: "The day before",
            subject: "",
            html: "<p>Hello {first name},</p><p>tomorrow is the day. I am there half an hour early.</p>",
          },
        ];
  let serial = 100;

  const words = (html: string) =>
    new DOMParser().parseFromString(html.split('<div class="')[0] ?? "", "text/html").body.textContent ?? "";
  const named = (list: Mailbox[]) => list.map((m) => m.name || m.address).join(", ");
  const person = (id: number): Mailbox[] => {
    const c = contacts.find((x) => x.id === id);
    return c ? [{ name: c.name, address: c.addresses[0]?.address ?? "" }] : [];
  };
  const put = (draft: Draft, more: Partial<OutgoingRow> = {}): OutgoingRow => {
    const fresh = row(draft.id, {
      from: draft.from,
      to: named(draft.to),
      subject: draft.subject,
      preview: words(draft.html),
      project_id: draft.project_id,
      project: draft.project,
      thread_id: draft.answered?.thread_id ?? null,
      files: draft.files.files.length,
      changed_at: Date.now(),
      ...more,
    });
    rows = [fresh, ...rows.filter((r) => r.id !== draft.id)];
    changed("outbox");
    return fresh;
  };
  const set = (id: unknown, more: Partial<OutgoingRow> | null) => {
    rows = rows.flatMap((r) => (r.id !== id ? [r] : more ? [{ ...r, ...more }] : []));
    changed("outbox");
    return null;
  };
  const draftOf = (id: unknown): Draft => {
    const kept = drafts.get(Number(id));
    if (kept) return kept;
    const r = rows.find((x) => x.id === id) ?? row(Number(id), {});
    const made: Draft = {
      id: r.id,
      from: r.from,
      from_choices: choices,
      to: r.to ? person(1) : [],
      cc: [],
      bcc: [],
      subject: r.subject,
      html: `<p>${r.preview || "<br>"}</p><div class="signature">${choices[0]?.signature}</div>${quote}`,
      files: { files: [], too_large: null },
      project_id: r.project_id,
      project: r.project,
      answered: r.thread_id === null ? null : { message_id: 2, thread_id: r.thread_id, who: "Amara Okafor" },
      changed_at: r.changed_at,
    };
    drafts.set(r.id, made);
    return made;
  };
  const quote = `<div class="quote"><p>Today at 10:42, Amara Okafor wrote:</p><blockquote><p>We moved the ceremony to 15:30, so the family portraits could come before the light goes.</p></blockquote></div>`;

  const attach = (id: unknown, names: string[]) => {
    const draft = draftOf(id);
    const files = [
      ...draft.files.files,
      ...names.map((name) => ({
        id: ++serial,
        name,
        media_type: name.endsWith("pdf") ? "application/pdf" : "image/jpeg",
        size: name.endsWith("pdf") ? 184_000 : 14_200_000,
      })),
    ];
    draft.files = weighed(files);
    return draft.files;
  };
  const weighed = (files: Draft["files"]["files"]): Draft["files"] => ({
    files,
    too_large:
      files.reduce((n, f) => n + f.size, 0) > 25_000_000
        ? "With these files the mail is 38 MB, and smtp.gmail.com takes 25 MB at most. Send a link instead, or take one off."
        : null,
  });

  const answers: Record<string, (a: Args) => unknown> = {
    begin_mail: ({ mail: m }): Draft => {
      const { answers: of, all, project_id, contact_ids } = m as BeginMail;
      const answered = of === null ? null : mail.find(of);
      const id = ++serial;
      const project = answered?.project_id ?? project_id;
      const draft: Draft = {
        id,
        from: "nora@noralind.studio",
        from_choices: situation === "started" ? choices.slice(0, 1) : choices,
        to: answered
          ? answered.direction === "in"
            ? [answered.from]
            : answered.to
          : contact_ids.flatMap(person),
        cc: all ? person(2) : [],
        bcc: [],
        subject: answered ? `Re: ${answered.subject.replace(/^Re: /, "")}` : "",
        html: `<p><br></p><div class="signature">${choices[0]?.signature}</div>${answered ? quote : ""}`,
        files: { files: [], too_large: null },
        project_id: project,
        project: projects.find((p) => p.id === project)?.title ?? null,
        answered: answered && { message_id: answered.id, thread_id: answered.thread_id, who: answered.who },
        changed_at: Date.now(),
      };
      drafts.set(id, draft);
      return draft;
    },
    draft: ({ id }) => draftOf(id),
    save_draft: ({ id, draft }) => {
      const input = draft as DraftInput;
      if (input.subject.includes("unsaved")) throw refusal("The disk is full.");
      const kept = draftOf(id);
      Object.assign(kept, input);
      put(kept);
      return Date.now();
    },
    discard_draft: ({ id }) => set(id, null),
    attach_files: ({ id }) =>
      attach(id, ["timeline-v4.pdf", "The house in the evening light, last picture.jpg"]),
    attach_dropped: ({ id }) => attach(id, ["dropped.pdf"]),
    remove_file: ({ id, fileId }) => {
      const draft = draftOf(id);
      draft.files = weighed(draft.files.files.filter((f) => f.id !== fileId));
      return draft.files;
    },
    send_mail: ({ id, at: when }) => {
      const draft = draftOf(id);
      if (draft.to.length + draft.cc.length + draft.bcc.length === 0)
        throw refusal("Who is it for? Write at least one address under To.", "to");
      const bad = [...draft.to, ...draft.cc].find((m) => !/@.+\../.test(m.address));
      if (bad) throw refusal(`“${bad.address}” is no email address.`, "to");
      if (draft.files.too_large) throw refusal(draft.files.too_large, "files");
      if (draft.subject.includes("refused"))
        throw refusal("This mailbox does not send.", null, "535 5.7.139 SMTP AUTH is disabled");
      const wait = undoSeconds();
      if (when) return put(draft, { state: "scheduled", send_at: Number(when) });
      setTimeout(() => {
        if (rows.find((r) => r.id === id)?.state === "undoable")
          set(id, { state: "sending", sending: { sent: 0, total: 200_000 } });
        setTimeout(() => rows.some((r) => r.id === id && r.state === "sending") && set(id, null), 1_500);
      }, wait * 1000);
      return put(
        draft,
        wait > 0
          ? { state: "undoable", send_at: Date.now() + wait * 1000 }
          : { state: "sending", sending: { sent: 0, total: 200_000 } },
      );
    },
    undo_send: ({ id }) => set(id, { state: "draft", send_at: null }),
    edit_again: ({ id }) => set(id, { state: "draft", failure: null }),
    send_now: ({ id }) =>
      set(id, { state: "sending", failure: null, sending: { sent: 90_000, total: 200_000 } }),
    send_again: ({ id }) => set(id, { state: "sending", sending: { sent: 0, total: 200_000 } }),
    confirm_arrived: ({ id }) => set(id, null),
    dismiss_outgoing: ({ id }) => set(id, null),
    outgoing: ({ id }) => {
      const found = rows.find((r) => r.id === id);
      if (!found) throw refusal("It is gone.");
      return found;
    },
    outgoing_of_project: ({ projectId }) =>
      rows.filter((r) => r.project_id === projectId && r.state !== "sent"),
    outbox: () => ({
      waiting: rows.filter((r) => r.state !== "draft"),
      drafts: rows.filter((r) => r.state === "draft"),
    }),
    people_named: ({ typed }) => {
      const t = String(typed).toLowerCase();
      return contacts
        .flatMap((c) => c.addresses.map((a) => ({ name: c.name, address: a.address })))
        .filter((m) => `${m.name} ${m.address}`.toLowerCase().includes(t))
        .slice(0, 6);
    },
    templates: () => templates,
    save_template: ({ template }) => {
      const t = template as TemplateInput;
      if (!t.title) throw refusal("A template needs a name.", "title");
      const id = t.id ?? ++serial;
      templates = [...templates.filter((x) => x.id !== id), { ...t, id }];
      return id;
    },
    delete_template: ({ id }) => {
      templates = templates.filter((t) => t.id !== id);
      return null;
    },
    fill_template: ({ id, draftId }) => {
      const t = templates.find((x) => x.id === id);
      const draft = draftOf(draftId);
      const first = draft.to[0]?.name.split(" ")[0];
      const missing = [...(first ? [] : ["first name"]), ...(draft.project ? [] : ["project"])];
      const fill = (s: string) =>
        s.replace("{first name}", first ?? "{first name}").replace("{project}", draft.project ?? "{project}");
      return { subject: fill(t?.subject ?? ""), html: fill(t?.html ?? ""), missing };
    },
    set_sender: () => null,
  };
  return {
    answers,
    figures: () => {
      const waiting = rows.filter((r) => r.state !== "draft");
      const needs = waiting.some((r) => r.state === "failed" || r.state === "uncertain");
      return [waiting.length, needs, rows.length - waiting.length];
    },
  };
}
