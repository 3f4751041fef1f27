import { describe, expect, test } from "vitest";
import {
  ago,
  day,
  full,
  greeting,
  month,
  monthYear,
  onDay,
  seconds,
  short,
  since,
  span,
  startOfDay,
  took,
  until,
  withTime,
} from "./dates";

const at = (text: string) => new Date(text).getTime();
const now = at("2026-11-24T10:46:00");

describe("dates in lists, as people say them", () => {
  test.each([
    ["2026-11-24T10:42:00", "10:42"],
    ["2026-11-24T00:00:00", "00:00"],
    ["2026-11-23T23:59:59", "Yesterday"],
    ["2026-11-22T08:00:00", "Sun"],
    ["2026-11-18T12:00:00", "Wed"],
    ["2026-11-17T12:00:00", "17 Nov"],
    ["2026-01-02T12:00:00", "2 Jan"],
    ["2025-11-18T12:00:00", "18 Nov 2025"],
    ["2026-12-01T12:00:00", "1 Dec"],
  ])("%s is %s", (when, said) => expect(short(at(when), now)).toBe(said));

  test("the day before the clocks change is still yesterday", () => {
    expect(short(at("2026-10-24T23:30:00"), at("2026-10-25T23:00:00"))).toBe("Yesterday");
    expect(short(at("2026-03-28T00:30:00"), at("2026-03-29T23:30:00"))).toBe("Yesterday");
  });
});

test("an opened mail says its time as well", () => {
  expect(withTime(at("2026-11-24T10:42:00"), now)).toBe("Today, 10:42");
  expect(withTime(at("2026-11-23T18:40:00"), now)).toBe("Yesterday, 18:40");
  expect(withTime(at("2026-11-10T18:40:00"), now)).toBe("10 Nov, 18:40");
});

test("the hover says everything", () => {
  expect(full(at("2026-11-24T10:42:00"))).toBe("Tuesday, 24 November 2026 at 10:42");
});

describe("how long ago", () => {
  test.each([
    [0, "just now"],
    [59_000, "just now"],
    [60_000, "1 minute ago"],
    [4 * 60_000, "4 minutes ago"],
    [59 * 60_000, "59 minutes ago"],
    [60 * 60_000, "1 hour ago"],
    [3 * 3_600_000, "3 hours ago"],
  ])("%i ms: %s", (passed, said) => expect(ago(now - passed, now)).toBe(said));

  test("yesterday and earlier with their time", () => {
    expect(ago(at("2026-11-23T18:40:00"), now)).toBe("yesterday, 18:40");
    expect(ago(at("2026-11-18T18:40:00"), now)).toBe("on Wed, 18:40");
    expect(ago(at("2026-11-02T18:40:00"), now)).toBe("on 2 Nov, 18:40");
  });
  test("just past midnight, the evening before is told in hours", () => {
    expect(ago(at("2026-11-23T23:00:00"), at("2026-11-24T02:00:00"))).toBe("3 hours ago");
  });
  test("a clock that runs ahead does not say minus", () => expect(ago(now + 90_000, now)).toBe("just now"));
});

test("when it is tried again", () => {
  expect(until(now - 1, now)).toBe("now");
  expect(until(now + 40_000, now)).toBe("in 40 seconds");
  expect(until(now + 120_000, now)).toBe("in 2 minutes");
  expect(until(now + 3_600_000, now)).toBe("in 1 hour");
});

test("moments and days inside sentences", () => {
  expect(since(at("2026-11-24T14:02:00"), at("2026-11-24T15:00:00"))).toBe("14:02");
  expect(since(at("2026-11-23T14:02:00"), now)).toBe("yesterday, 14:02");
  expect(day(at("2026-11-03T09:00:00"), now)).toBe("3 November");
  expect(day(at("2025-11-03T09:00:00"), now)).toBe("3 November 2025");
  expect(day(now, now)).toBe("today");
  expect(month(at("2026-02-09T09:00:00"), now)).toBe("February");
  expect(month(at("2025-02-09T09:00:00"), now)).toBe("February 2025");
  expect(monthYear(at("2024-03-04T09:00:00"))).toBe("March 2024");
});

test("a day that was chosen begins at local midnight", () => {
  expect(startOfDay(2026, 3, 29)).toBe(at("2026-03-29T00:00:00"));
});

test("how long a step took", () => {
  expect(took(0)).toBe("at once");
  expect(took(49)).toBe("at once");
  expect(took(104)).toBe("0.1 s");
  expect(took(12_400)).toBe("12 s");
  expect(took(180_000)).toBe("3 min");
});

test("how long something has gone on, and when it was done to the second", () => {
  expect(span(999)).toBe("1 second");
  expect(span(59_400)).toBe("59 seconds");
  expect(span(119_000)).toBe("1 minute");
  expect(span(3_600_000)).toBe("1 hour");
  expect(span(3_900_000)).toBe("1 hour 5 minutes");
  expect(span(-5)).toBe("0 seconds");
  expect(seconds(at("2026-11-24T09:05:07"))).toBe("09:05:07");
});

test("the day that something was done on", () => {
  expect(onDay(now, now)).toBe("today");
  expect(onDay(at("2026-11-23T09:00:00"), now)).toBe("yesterday");
  expect(onDay(at("2026-11-20T09:00:00"), now)).toBe("on Friday");
  expect(onDay(at("2026-11-17T09:00:00"), now)).toBe("on 17 November");
  expect(onDay(at("2025-11-17T09:00:00"), now)).toBe("on 17 November 2025");
});

test("greetings go by the hour", () => {
  expect(greeting(at("2026-11-24T03:00:00"))).toBe("Good evening");
  expect(greeting(at("2026-11-24T10:00:00"))).toBe("Good morning");
  expect(greeting(at("2026-11-24T15:00:00"))).toBe("Good afternoon");
});
