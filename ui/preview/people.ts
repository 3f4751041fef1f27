import type { ContactDetail, ContactRow, ProjectRow } from "../src/lib/bindings";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
export const now = Date.now();
/** So many days ago, at a time of that day. */
export const at = (days: number, time = "10:42"): number => {
  const d = new Date(now - days * DAY);
  const [h, m] = time.split(":").map(Number);
  d.setHours(h ?? 0, m ?? 0, 0, 0);
  return Math.min(d.getTime(), now - 4 * MINUTE);
};

export const projects: ProjectRow[] = [
  {
    id: 1,
    title: "Okafor wedding",
    status: "active",
    status_at: at(60),
    contacts: [
      { id: 1, name: "Amara Okafor" },
      { id: 2, name: "Tunde Bello" },
    ],
    messages: 41,
    unread: 3,
    last_message_at: at(0),
  },
  {
    id: 2,
    title: "Brandt rebrand",
    status: "active",
    status_at: at(40),
    contacts: [{ id: 3, name: "Jonas Brandt" }],
    messages: 18,
    unread: 0,
    last_message_at: at(4),
  },
  {
    id: 3,
    title: "Lumen annual report",
    status: "active",
    status_at: at(30),
    contacts: [{ id: 4, name: "Lumen Group" }],
    messages: 27,
    unread: 1,
    last_message_at: at(1),
  },
  {
    id: 6,
    title: "Lumen spring issue",
    status: "active",
    status_at: at(12),
    contacts: [{ id: 4, name: "Lumen Group" }],
    messages: 4,
    unread: 0,
    last_message_at: at(9),
  },
  {
    id: 7,
    title: "Summer party at the mill",
    status: "active",
    status_at: at(20),
    contacts: [{ id: 5, name: "Ines Moreau" }],
    messages: 12,
    unread: 0,
    last_message_at: at(5),
  },
  {
    id: 4,
    title: "Moreau winter dinner",
    status: "completed",
    status_at: at(270),
    contacts: [{ id: 5, name: "Ines Moreau" }],
    messages: 31,
    unread: 0,
    last_message_at: at(271),
  },
  {
    id: 5,
    title: "Portraits for the Rathaus, second part, with the long title that somebody once gave it",
    status: "archived",
    status_at: at(500),
    contacts: [],
    messages: 0,
    unread: 0,
    last_message_at: null,
  },
];

type Sketch = Pick<ContactDetail, "id" | "name" | "company" | "kind" | "phone" | "notes"> & {
  mail: string[];
};
const sketches: Sketch[] = [
  {
    id: 1,
    name: "Amara Okafor",
    company: "",
    kind: "client",
    phone: "+44 20 7946 0018",
    notes: "Prefers phone after six.\nHer mother grows dahlias.",
    mail: ["amara@okafor.example"],
  },
  {
    id: 2,
    name: "Tunde Bello",
    company: "Riverside Venue",
    kind: "other",
    phone: "",
    notes: "",
    mail: ["tunde@riverside.example"],
  },
  {
    id: 3,
    name: "Jonas Brandt",
    company: "Brandt & Söhne",
    kind: "client",
    phone: "",
    notes: "",
    mail: ["jonas@brandt-soehne.example", "j.brandt@post.example"],
  },
  {
    id: 4,
    name: "Lumen Group",
    company: "Lumen Group",
    kind: "client",
    phone: "",
    notes: "",
    mail: ["studio@lumen.example"],
  },
  {
    id: 5,
    name: "Ines Moreau",
    company: "Moreau Events",
    kind: "lead",
    phone: "+33 1 70 18 99 00",
    notes: "",
    mail: ["ines@moreau-events.example", "ines.moreau@post.example"],
  },
  {
    id: 6,
    name: "Søren Æbelø-Kierkegaard of the Very Long Family Name",
    company: "Æbelø Grafisk Design og Reklame ApS",
    kind: "prospect",
    phone: "",
    notes: "",
    mail: ["soeren.aebeloe-kierkegaard@grafisk-design-og-reklame.example"],
  },
];

export const contacts: ContactDetail[] = sketches.map(({ mail, ...c }) => ({
  ...c,
  default_project_id: c.id === 5 ? 7 : null,
  projects: projects.filter((p) => p.contacts.some((x) => x.id === c.id)),
  messages: c.id === 6 ? 0 : 9,
  addresses: mail.map((address, i) => ({
    id: c.id * 10 + i,
    address,
    saved_at: i === 0 ? at(21) : at(0),
    backfill: { kind: "none" as const },
    messages: i === 0 && c.id !== 6 ? 9 : 0,
    earlier: c.id === 5 && i === 0 ? 37 : 0,
    earlier_since: c.id === 5 && i === 0 ? new Date(2024, 2, 4).getTime() : null,
  })),
}));

export const contactRows = (): ContactRow[] =>
  contacts.map((c) => ({
    id: c.id,
    name: c.name,
    company: c.company,
    kind: c.kind,
    addresses: c.addresses.map((a) => a.address),
    projects: c.projects.filter((p) => p.status === "active").map((p) => p.title),
    messages: c.messages,
    last_message_at: c.messages > 0 ? at(c.id - 1) : null,
  }));
