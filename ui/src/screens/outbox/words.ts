// What an outgoing mail's row says. How it stands is derived by the engine; here it only gets its words.
import type { OutgoingRow, OutgoingShown } from "../../lib/bindings";
import { until } from "../../lib/dates";
import { moment } from "../../lib/sending.svelte";
import { bytes, listed } from "../../lib/words";

export type Tone = "off" | "busy" | "warn" | "bad" | "good";
const toneOf: Record<OutgoingShown, Tone> = {
  draft: "off",
  undoable: "busy",
  scheduled: "off",
  waiting: "warn",
  sending: "busy",
  sent: "good",
  failed: "bad",
  uncertain: "warn",
};

const refused = (row: OutgoingRow): string[] =>
  row.recipients.filter((r) => r.refused !== null).map((r) => r.address);

/** Whom a mail that was sent did not go to, and why, in words. */
export function refusals(row: OutgoingRow): { address: string; reason: string }[] {
  if (row.state !== "sent") return [];
  return row.recipients.flatMap(({ address, refused: why }) => {
    if (!why) return [];
    // The others have the mail: it is not tried again by itself, whatever the cause would say of a whole mail.
    return [
      { address, reason: why.cause === "try_later" ? why.sentence : `${why.sentence} ${why.remedy}`.trim() },
    ];
  });
}

/** Sent, and yet not to everybody, is nothing to be green about. */
export const toneFor = (row: OutgoingRow): Tone =>
  row.state === "sent" && refused(row).length > 0 ? "warn" : toneOf[row.state];

/** The words of the pill. */
export function stateWords(row: OutgoingRow, now: number): string {
  switch (row.state) {
    case "draft":
      return "Draft";
    case "undoable":
      return `Sending in ${Math.max(0, Math.ceil(((row.send_at ?? now) - now) / 1000))} s`;
    case "scheduled":
      return row.send_at === null ? "Goes out later" : `Goes out ${moment(row.send_at, now)}`;
    case "waiting":
      return row.next_try_at === null ? "Waiting to be sent" : `Next try ${until(row.next_try_at, now)}`;
    case "sending":
      return "Sending now";
    case "sent":
      return refused(row).length > 0 ? "Sent, but not to all" : "Sent";
    case "failed":
      return "Not sent";
    case "uncertain":
      return "It may have arrived";
  }
}

/** Why it stands as it does, and what to do; null where nothing needs explaining. */
export function whyWords(row: OutgoingRow): string | null {
  if (row.state === "uncertain")
    return `It may have arrived: the connection broke after the mail was handed over${
      row.looked ? ", and no copy was found in Sent." : ". Hatstand could not look into Sent yet."
    } Ask, or look into your mailbox, before you send it once more.`;
  if (row.state === "sent") {
    const [first, ...more] = refusals(row);
    if (!first) return null;
    const whom = `It did not go to ${listed(refused(row))}.`;
    // Several reasons stand below, each beside its address.
    return more.length > 0 ? whom : `${whom} ${first.reason}`;
  }
  if (!row.failure || !["waiting", "failed"].includes(row.state)) return null;
  return `${row.failure.sentence} ${row.failure.remedy}`.trim();
}

/** The server's own words, of the mail or of each refused recipient. */
export function serverSaid(row: OutgoingRow): string | null {
  const each = row.recipients
    .filter((r) => r.refused?.server_said)
    .map((r) => `${r.address}: ${r.refused?.server_said}`);
  if (row.state === "sent" || each.length > 1) return each.join("\n") || null;
  return row.failure?.server_said ?? (each.join("\n") || null);
}

/** "1.2 of 20 MB" */
export function progressWords(row: OutgoingRow): string {
  return row.sending ? `${bytes(row.sending.sent)} of ${bytes(row.sending.total)}` : "";
}
