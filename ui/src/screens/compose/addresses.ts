import type { Mailbox } from "../../lib/bindings";

/** Good enough to be tried; the engine and the server judge the rest. */
export const looksWhole = (address: string): boolean =>
  /^[^\s@<>",;]+@[^\s@<>",;.]+(\.[^\s@<>",;.]+)+$/.test(address.trim());

/** One mailbox as typed: `Amara <amara@okafor.example>` or an address alone. */
export function asMailbox(typed: string): Mailbox | null {
  const text = typed
    .trim()
    .replace(/[,;]+$/, "")
    .trim();
  if (!text) return null;
  const named = /^"?([^"<>]*?)"?\s*<([^<>]*)>$/.exec(text);
  return named
    ? { name: (named[1] ?? "").trim(), address: (named[2] ?? "").trim() }
    : { name: "", address: text.replace(/^mailto:/i, "") };
}

/** Several, between commas, semicolons or on lines of their own. A comma inside quotes belongs to the name. */
export function asMailboxes(typed: string): Mailbox[] {
  const parts = typed.match(/(?:"[^"]*"|[^,;\n\r"])+/g) ?? [];
  return parts.map(asMailbox).filter((m): m is Mailbox => m !== null);
}

export const same = (a: Mailbox, b: Mailbox): boolean =>
  a.address.trim().toLowerCase() === b.address.trim().toLowerCase();

/** What is amiss with addresses, in a sentence; null when nothing is. */
export function complaint(people: readonly Mailbox[]): string | null {
  const bad = people.filter((p) => !looksWhole(p.address)).map((p) => `“${p.address}”`);
  if (bad.length === 0) return null;
  return bad.length === 1
    ? `${bad[0]} is no whole email address yet, such as name@studio.example.`
    : `${bad.slice(0, -1).join(", ")} and ${bad.at(-1)} are no whole email addresses yet.`;
}
