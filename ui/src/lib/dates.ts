// Dates as people say them. Every function takes the present as an argument; days are those of this computer's zone.
const LANG = "en-GB";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const clockTime = new Intl.DateTimeFormat(LANG, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockSeconds = new Intl.DateTimeFormat(LANG, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const longWeekday = new Intl.DateTimeFormat(LANG, { weekday: "long" });
const weekday = new Intl.DateTimeFormat(LANG, { weekday: "short" });
const dayMonth = new Intl.DateTimeFormat(LANG, { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat(LANG, { day: "numeric", month: "short", year: "numeric" });
const longDay = new Intl.DateTimeFormat(LANG, { day: "numeric", month: "long" });
const longDayYear = new Intl.DateTimeFormat(LANG, { day: "numeric", month: "long", year: "numeric" });
const monthOnly = new Intl.DateTimeFormat(LANG, { month: "long" });
const monthAndYear = new Intl.DateTimeFormat(LANG, { month: "long", year: "numeric" });
const everything = new Intl.DateTimeFormat(LANG, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});

/** Whole local days from `at` to `now`: 0 today, 1 yesterday, negative for days to come. */
function daysBetween(at: number, now: number): number {
  const day = (t: number) => {
    const d = new Date(t);
    return Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  };
  return Math.round((day(now) - day(at)) / (24 * HOUR));
}
const sameYear = (a: number, b: number) => new Date(a).getFullYear() === new Date(b).getFullYear();

/** "10:42" */
export const time = (at: number): string => clockTime.format(at);

/** "10:40:02" */
export const seconds = (at: number): string => clockSeconds.format(at);

/** For lists: "10:42", "Yesterday", "Mon", "18 Nov", "18 Nov 2024". */
export function short(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0) return time(at);
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return weekday.format(at);
  return sameYear(at, now) ? dayMonth.format(at) : dayMonthYear.format(at);
}

/** For an opened mail: "Today, 10:42", "Yesterday, 18:40", "Mon, 09:15", "18 Nov, 14:02". */
export function withTime(at: number, now: number): string {
  const days = daysBetween(at, now);
  return days === 0 ? `Today, ${time(at)}` : `${short(at, now)}, ${time(at)}`;
}

/** Everything, for the hover: "Monday, 24 November 2025 at 10:42". */
export function full(at: number): string {
  return `${everything.format(at).replace(/^(\w+) /, "$1, ")} at ${time(at)}`;
}

/** "just now", "4 minutes ago", "3 hours ago", "yesterday, 18:40", "on 18 Nov, 18:40". */
export function ago(at: number, now: number): string {
  const passed = now - at;
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return count(Math.floor(passed / MINUTE), "minute") + " ago";
  const days = daysBetween(at, now);
  if (days === 0 || passed < 6 * HOUR) return count(Math.floor(passed / HOUR), "hour") + " ago";
  if (days === 1) return `yesterday, ${time(at)}`;
  return `on ${short(at, now)}, ${time(at)}`;
}

/** When something starts again by itself: "now", "in 40 seconds", "in 2 minutes", "in 3 hours". */
export function until(at: number, now: number): string {
  const left = at - now;
  if (left <= 5_000) return "now";
  if (left < MINUTE) return `in ${Math.ceil(left / 10_000) * 10} seconds`;
  if (left < HOUR) return `in ${count(Math.ceil(left / MINUTE), "minute")}`;
  return `in ${count(Math.round(left / HOUR), "hour")}`;
}

/** A moment inside a sentence: "14:02", "yesterday, 14:02", "Mon, 14:02", "18 Nov". */
export function since(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0) return time(at);
  if (days === 1) return `yesterday, ${time(at)}`;
  if (days > 1 && days < 7) return `${weekday.format(at)}, ${time(at)}`;
  return short(at, now);
}

/** A day inside a sentence: "today", "yesterday", "3 November", "3 November 2024". */
export function day(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0) return "today";
  if (days === 1) return "yesterday";
  return sameYear(at, now) ? longDay.format(at) : longDayYear.format(at);
}

/** A day that something was done on: "today", "yesterday", "on Tuesday", "on 3 November". */
export function onDay(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days > 1 && days < 7) return `on ${longWeekday.format(at)}`;
  return days === 0 || days === 1 ? day(at, now) : `on ${day(at, now)}`;
}

/** "February", and with the year when it is another: "February 2024". */
export const month = (at: number, now: number): string =>
  (sameYear(at, now) ? monthOnly : monthAndYear).format(at);

/** "14 March 2027" */
export const longDate = (at: number): string => longDayYear.format(at);

/** "March 2024" */
export const monthYear = (at: number): string => monthAndYear.format(at);

/** The first millisecond of a local day. */
export const startOfDay = (year: number, month: number, day: number): number =>
  new Date(year, month - 1, day).getTime();

/** How long a step took: "at once", "0.4 s", "12 s", "2 min". */
export function took(milliseconds: number): string {
  if (milliseconds < 50) return "at once";
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds < 120_000) return `${Math.round(milliseconds / 1000)} s`;
  return `${Math.round(milliseconds / MINUTE)} min`;
}

/** How long something has gone on, in words: "40 seconds", "2 minutes", "1 hour 5 minutes". */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return count(seconds, "second");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return count(minutes, "minute");
  const rest = minutes % 60;
  return count(Math.floor(minutes / 60), "hour") + (rest === 0 ? "" : ` ${count(rest, "minute")}`);
}

/** "Good morning", "Good afternoon", "Good evening". */
export function greeting(now: number): string {
  const hour = new Date(now).getHours();
  if (hour >= 4 && hour < 12) return "Good morning";
  return hour >= 12 && hour < 18 ? "Good afternoon" : "Good evening";
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? "" : "s"}`;
}
