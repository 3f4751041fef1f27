// What an account's row says. The state itself is derived by the engine; here it only gets its words.
import type { AccountRow, AccountState, Button, CycleView, FolderRow } from "./bindings";
import { ago, since, until } from "./dates";
import { counted, figure } from "./words";

export type Tone = "good" | "bad" | "warn" | "off" | "plain";
export const toneOf: Record<AccountState, Tone> = {
  paused: "off",
  needs_reconnecting: "bad",
  held_up: "warn",
  unreachable: "off",
  waiting: "plain",
  late: "warn",
  connected: "good",
};

/** For those who cannot see the shape: what kind of state this is. */
export const stateName: Record<AccountState, string> = {
  paused: "Paused",
  needs_reconnecting: "Needs reconnecting",
  held_up: "Held up",
  unreachable: "Unreachable",
  waiting: "Waiting",
  late: "Late",
  connected: "Connected",
};

type Facts = Pick<AccountRow, "state" | "last_synced_at" | "failing_since">;

/** The words of the state pill. */
export function stateWords(row: Facts, now: number): string {
  switch (row.state) {
    case "paused":
      return "Paused";
    case "needs_reconnecting":
      return "Needs reconnecting";
    case "held_up":
      return "Held up";
    case "unreachable":
      return row.failing_since === null
        ? "No connection"
        : `No connection since ${since(row.failing_since, now)}`;
    case "waiting":
      return "Waiting for the first sync";
    case "late":
    case "connected":
      return row.last_synced_at === null ? "Not synced yet" : `Last synced ${ago(row.last_synced_at, now)}`;
  }
}

/** The quiet line under the address: who keeps the mail, and the figure that matters in this state. */
export function subLine(row: AccountRow, now: number): string {
  const who = row.provider === "other" ? row.incoming_host : row.provider_name;
  if (row.syncing) {
    const { phase, folder } = row.syncing;
    if (phase === "signing_in") return `${who} · signing in`;
    if (phase === "looking") return folder ? `${who} · looking in ${folder}` : `${who} · looking for mail`;
    return folder ? `${who} · bringing in mail from ${folder}` : `${who} · bringing in mail`;
  }
  if (row.state === "connected" || row.state === "late") {
    return `${who} · looked at ${counted(row.headers_seen_today, "header")} today, copied ${counted(row.copied_today, "message")}`;
  }
  if (row.state === "unreachable" && row.next_try_at !== null)
    return `${who} · trying again ${until(row.next_try_at, now)}`;
  if (row.last_synced_at !== null) return `${who} · last synced ${ago(row.last_synced_at, now)}`;
  return row.state === "waiting" ? who : `${who} · never synced yet`;
}

/** What the why-line says; null where the state needs no explaining. */
export function whyLine(row: AccountRow): string | null {
  if (row.failure) {
    const where = row.failure.folder ? ` The folder is “${row.failure.folder}”.` : "";
    return `${row.failure.sentence}${where} ${row.failure.remedy}`.trim();
  }
  if (row.state === "paused") return "New mail waits on the server and comes in when you resume.";
  if (row.state === "late") return "Nothing has failed, but no sync has finished for a while.";
  return null;
}

/** What the button of a state does, in words. */
export const buttonWords = {
  reconnect: "Reconnect",
  unlock: "Unlock the keychain",
  try_now: "Try now",
  sync_now: "Sync now",
  resume: "Resume",
  open_advanced: "Open Advanced",
} as const satisfies Record<Button, string>;

/** The pill while a cycle runs: "12 of 80" once there is something to count. */
export function progressWords(row: AccountRow): string {
  const p = row.syncing;
  if (!p) return "";
  if (p.phase === "bringing_in" && p.total > 0) return `Bringing in ${figure(p.done)} of ${figure(p.total)}`;
  return p.phase === "signing_in" ? "Signing in" : "Looking";
}

/** One past cycle in a line. */
export function cycleWords(cycle: CycleView): string {
  if (cycle.outcome === "cancelled") return "Stopped";
  if (cycle.outcome === "failed") return cycle.failure?.sentence ?? "Failed";
  const came = cycle.new_messages === 0 ? "Nothing new" : counted(cycle.new_messages, "new message");
  return `${came}, looked at ${counted(cycle.headers_seen, "header")}`;
}

export const roleName: Record<FolderRow["role"], string> = {
  inbox: "Inbox",
  sent: "Sent",
  drafts: "Drafts",
  junk: "Junk",
  trash: "Trash",
  all: "All mail",
  archive: "Archive",
  other: "",
};
