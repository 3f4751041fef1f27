import type { MessageDetail, MessageRow, ThreadRow, ToSortRow } from "../src/lib/bindings";
import { at, contacts, projects } from "./people";

type Sketch = [
  who: number | "you",
  subject: string,
  preview: string,
  date: number,
  project: number | null,
  read?: boolean,
  thread?: number,
];
const sketches: Sketch[] = [
  [
    "you",
    "Timeline for the day",
    "Here is a first draft of the day, hour by hour, with the light at the house in mind.",
    at(4, "17:05"),
    1,
    true,
    1,
  ],
  [
    1,
    "Timeline for the day",
    "We moved the ceremony to 15:30, so the family portraits could come before the light goes. Does that still leave you enough time?",
    at(0),
    1,
    false,
    1,
  ],
  [
    2,
    "Re: Venue access and parking",
    "The back gate opens at seven. I put your van on the list, ask for Grace at the desk.",
    at(1, "16:20"),
    1,
    false,
  ],
  [
    1,
    "Guest list and table plan",
    "Attached is the latest version, two tables swapped since last week.",
    at(3, "09:12"),
    1,
    false,
  ],
  [
    "you",
    "Second photographer",
    "Ines is free that weekend. Her rate is the same as last time, I can add her to the quote if you like.",
    at(3, "08:40"),
    1,
  ],
  [1, "Deposit paid", "Just sent the transfer, thank you for holding the date for us.", at(9), 1],
  [
    "you",
    "Your quote, and a date to hold",
    "It was lovely to meet you both. Here is the quote we talked about.",
    at(14),
    1,
  ],
  [
    3,
    "Two logo directions",
    "Both are good. The second one is braver, and my father does not like it, which speaks for it.",
    at(4, "11:00"),
    2,
  ],
  [
    4,
    "Print specifications",
    "Please find attached the specifications of the printer, and mind the bleed.",
    at(1, "12:30"),
    3,
    false,
  ],
  [
    5,
    "Dates in June?",
    "Hello Nora, would the 14th or the 21st work for you? We could also do the Friday before, if the mill is free.",
    at(5, "16:12"),
    7,
  ],
  [
    "you",
    "Re: The mill, a first look",
    "Here are twelve pictures from the visit, the light was at its best around six in the evening.",
    at(12),
    7,
  ],
  [
    4,
    "A cover photograph",
    "We would love one of yours for the cover. Which of the two jobs it belongs to, you may decide.",
    at(0, "09:58"),
    null,
    false,
  ],
  [
    5,
    "An evening in September",
    "A new one, if you have time: sixty people, outdoors, no speeches.",
    at(2, "14:30"),
    null,
    false,
  ],
  [
    3,
    "Re: Old files from last year",
    "Do you still have the open files of the catalogue?",
    at(3, "18:01"),
    null,
  ],
];

const projectTitle = (id: number | null) => projects.find((p) => p.id === id)?.title ?? null;
export const rows: MessageRow[] = sketches.map(
  ([who, subject, preview, date, project_id, read = true, thread], i) => {
    const c = contacts.find((x) => x.id === who);
    const me = { name: "Nora Lind", address: "nora@noralind.studio" };
    const them = {
      name: c?.name ?? "Amara Okafor",
      address: c?.addresses[0]?.address ?? "amara@okafor.example",
    };
    return {
      id: i + 1,
      thread_id: thread ?? 100 + i,
      direction: who === "you" ? "out" : "in",
      from: who === "you" ? me : them,
      who: who === "you" ? "You" : them.name,
      initials:
        who === "you"
          ? "NL"
          : them.name
              .split(" ")
              .map((x) => x[0])
              .slice(0, 2)
              .join(""),
      to: [who === "you" ? them : me],
      subject,
      preview,
      date,
      project_id,
      project: projectTitle(project_id),
      read,
      automatic: false,
      attachments: subject.startsWith("Timeline") && who !== "you" ? 1 : 0,
    };
  },
);

const more = Array.from({ length: 140 }, (_, i) => ({
  ...(rows[5] as MessageRow),
  id: 1000 + i,
  thread_id: 1000 + i,
  subject: `An older mail, number ${140 - i}`,
  date: at(30 + i),
}));
export const threadsOf = (project: number): ThreadRow[] => {
  const mine = [...rows.filter((r) => r.project_id === project), ...(project === 1 ? more : [])].sort(
    (a, b) => b.date - a.date,
  );
  const heads = new Map<number, ThreadRow>();
  for (const row of mine) {
    const head = heads.get(row.thread_id);
    if (head) head.messages += 1;
    else
      heads.set(row.thread_id, {
        thread_id: row.thread_id,
        newest: row,
        messages: 1,
        unread: row.read ? 0 : 1,
      });
  }
  return [...heads.values()];
};
export const find = (id: number): MessageRow =>
  [...rows, ...more].find((r) => r.id === id) ?? (rows[0] as MessageRow);
export const thread = (id: number): MessageRow[] =>
  [...rows, ...more].filter((r) => r.thread_id === id).sort((a, b) => a.date - b.date);

export const toSort = (): ToSortRow[] => [
  {
    message: find(12),
    reason: "In two of your projects",
    suggestions: [
      { kind: "project", project_id: 3, label: "Lumen annual report" },
      { kind: "project", project_id: 6, label: "Lumen spring issue" },
    ],
  },
  {
    message: find(13),
    reason: "No active project yet",
    suggestions: [{ kind: "new_project", label: "New project", contact_ids: [5] }],
  },
  {
    message: find(14),
    reason: "Its thread is in a completed project",
    suggestions: [
      { kind: "continue", project_id: 4, label: "Continue Moreau winter dinner (completed in February)" },
      { kind: "project", project_id: 2, label: "Brandt rebrand" },
      { kind: "new_project", label: "New project", contact_ids: [3] },
    ],
  },
];

const LETTER = `<p>Hi Nora,</p><p>We moved the ceremony to 15:30, so the family portraits could come before the light goes. Does that still leave you enough time at the house in the morning? My mother would love a few pictures in the garden, she has been growing those dahlias since spring.</p><p>The new timeline is attached, and the venue’s page is <a href="open:17" target="_top" title="https://riverside.example/day">here</a>. Tell me if anything looks too tight.</p><p>Amara</p>`;
const NEWSLETTER = `<table width="100%" style="background:#f2efe6;border-collapse:collapse"><tr><td style="padding:24px"><h2 style="color:#7a2e1d;margin:0 0 8px;font-family:Georgia,serif">Print specifications</h2><p style="color:#333">Bleed <b>3 mm</b>, black as 100 K, pictures at 300 dpi.</p><p><img src="cid:proof@lumen" alt="The proof" width="120"></p></td></tr></table>`;

export function detail(id: number): MessageDetail {
  const row = find(id);
  const html =
    row.id === 2
      ? LETTER
      : row.id === 9
        ? NEWSLETTER
        : `<p>${row.preview}</p><p>${row.direction === "out" ? "Nora" : row.who.split(" ")[0]}</p>`;
  return {
    row,
    to: row.to,
    cc: [],
    reason:
      row.project_id === null
        ? "not filed yet"
        : row.thread_id === 1
          ? "filed here because its thread is"
          : "filed here because it is the only active project of " + row.who,
    locations:
      row.id === 2
        ? [
            { account: "hello@noralind.studio", folder: "Inbox" },
            { account: "noralind@gmail.example", folder: "All Mail" },
          ]
        : [{ account: "nora@noralind.studio", folder: row.direction === "out" ? "Sent" : "Inbox" }],
    note:
      row.id === 8
        ? "Only the text of this mail is here: it is larger than 50 MB. Its attachments are fetched when you ask for them."
        : null,
    text: row.preview,
    html,
    remote_images: row.id === 2 ? 2 : 0,
    attachments:
      row.id === 2
        ? [{ index: 0, name: "timeline-v3.pdf", type: "application/pdf", size: 184_000, content_id: null }]
        : row.id === 9
          ? [
              { index: 0, name: "proof.png", type: "image/png", size: 900, content_id: "proof@lumen" },
              {
                index: 1,
                name: "Druckspezifikation Geschäftsbericht endgültig (3).pdf",
                type: "application/pdf",
                size: 2_400_000,
                content_id: null,
              },
            ]
          : [],
  };
}
