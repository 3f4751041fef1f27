import { expect, test } from "vitest";
import { moment } from "../../lib/sending.svelte";
import { atTime, offered } from "./later";

const at = (text: string) => new Date(text).getTime();

test("what has passed is not offered, and before the weekend Monday is", () => {
  const labels = (now: string) => offered(at(now)).map((m) => m.label);
  expect(labels("2026-11-24T10:00")).toEqual(["This evening", "Tomorrow morning"]);
  expect(labels("2026-11-24T17:50")).toEqual(["Tomorrow morning"]);
  expect(labels("2026-11-27T10:00")).toEqual(["This evening", "Tomorrow morning", "Monday morning"]);
  expect(offered(at("2026-11-28T20:00")).at(-1)?.at).toBe(at("2026-11-30T08:00"));
});

test("a time is read as people write it", () => {
  const day = at("2026-11-24T00:00");
  for (const typed of ["8:30", "08:30", "08.30", "0830", " 8:30 "])
    expect(atTime(day, typed)).toBe(at("2026-11-24T08:30"));
  expect(atTime(day, "8")).toBe(at("2026-11-24T08:00"));
  for (const typed of ["", "25:00", "8:61", "soon"]) expect(atTime(day, typed)).toBeNull();
});

test("a moment to come in words", () => {
  const now = at("2026-11-24T10:00");
  expect(moment(at("2026-11-24T18:00"), now)).toBe("today at 18:00");
  expect(moment(at("2026-11-25T08:00"), now)).toBe("tomorrow at 08:00");
  expect(moment(at("2026-11-27T08:00"), now)).toBe("on Friday at 08:00");
  expect(moment(at("2026-12-24T08:00"), now)).toBe("on 24 December at 08:00");
});
