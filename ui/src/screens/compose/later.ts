// Moments to come, on this computer's clock.
const HOUR = 3_600_000;

const on = (now: number, days: number, hour: number): number => {
  const d = new Date(now);
  return new Date(d.getFullYear(), d.getMonth(), d.getDate() + days, hour).getTime();
};

export const startOfTomorrow = (now: number): number => on(now, 1, 0);

/** The moments that are offered: those that have passed are not. */
export function offered(now: number): { label: string; at: number }[] {
  const evening = on(now, 0, 18);
  const weekday = new Date(now).getDay();
  const moments = [
    { label: "This evening", at: evening },
    { label: "Tomorrow morning", at: on(now, 1, 8) },
  ];
  // On Friday and Saturday most clients read it on Monday.
  if (weekday === 5 || weekday === 6) moments.push({ label: "Monday morning", at: on(now, 8 - weekday, 8) });
  return moments.filter((m) => m.at - now > HOUR / 4);
}

/** A time as typed ("8:30", "08.30", "0830", "8") on a day; null when it is none. */
export function atTime(day: number, typed: string): number | null {
  const said = /^(\d{1,2})(?:[:.h]?(\d{2}))?$/.exec(typed.trim());
  if (!said) return null;
  const [hours, minutes] = [Number(said[1]), Number(said[2] ?? 0)];
  if (hours > 23 || minutes > 59) return null;
  const d = new Date(day);
  return new Date(d.getFullYear(), d.getMonth(), d.getDate(), hours, minutes).getTime();
}
