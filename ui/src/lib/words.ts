// Figures and names as they stand in sentences.
const figures = new Intl.NumberFormat("en-GB");
const SMALL = [
  "no",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];

/** "1,204" */
export const figure = (n: number): string => figures.format(n);

/** "1 message", "1,204 messages" */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${figure(n)} ${n === 1 ? one : many}`;
}

/** "Two emails", up to twelve; then figures. For the start of a sentence. */
export function spelled(n: number, one: string, many = `${one}s`): string {
  const word = SMALL[n] ?? figure(n);
  return `${word.charAt(0).toUpperCase()}${word.slice(1)} ${n === 1 ? one : many}`;
}

/** "184 kB", "1.2 MB"; decimal units, as file managers show them. */
export function bytes(n: number): string {
  if (n < 1000) return counted(n, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let value = n;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** "a", "a and b", "a, b and c" */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

/** Mailboxes by the short names that tell them apart: "hello@" and "nora@", or whole where two begin alike. */
export function mailboxNames(addresses: readonly string[]): string[] {
  const all = [...new Set(addresses)];
  const short = (a: string) => a.slice(0, a.lastIndexOf("@") + 1) || a;
  return all.map((a) => (all.filter((b) => short(b) === short(a)).length > 1 ? a : short(a)));
}

/** The part of a name that one is called by: "Ines" of "Ines Moreau". */
export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? name;

/** One or two letters to stand for a person. */
export function initials(name: string): string {
  // What follows a comma is a company or a title.
  const parts = (name.split(",")[0] ?? "")
    .trim()
    .split(/[\s.@_-]+/)
    .filter(Boolean);
  const first = parts[0]?.[0] ?? "?";
  const last = parts.length > 1 ? (parts[parts.length - 1]?.[0] ?? "") : "";
  return (first + last).toUpperCase();
}

export const kindName = { lead: "Lead", client: "Client", prospect: "Prospect", other: "Other" } as const;
export const statusName = { active: "Active", completed: "Completed", archived: "Archived" } as const;
export const securityName = { tls: "TLS", starttls: "STARTTLS", plaintext: "None" } as const;
