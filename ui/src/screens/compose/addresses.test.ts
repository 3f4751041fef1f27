import { expect, test } from "vitest";
import { asMailboxes, complaint, looksWhole } from "./addresses";

test("addresses come with and without names, between commas, semicolons and on lines", () => {
  expect(
    asMailboxes(
      'Amara Okafor <amara@okafor.example>; tunde@riverside.example,\n"Brandt, Jonas" <j@b.example>',
    ),
  ).toEqual([
    { name: "Amara Okafor", address: "amara@okafor.example" },
    { name: "", address: "tunde@riverside.example" },
    { name: "Brandt, Jonas", address: "j@b.example" },
  ]);
  expect(asMailboxes(" , ;\n")).toEqual([]);
});

test.each([
  ["nora@noralind.studio", true],
  ["grüße@müller.example", true],
  ["nora@studio", false],
  ["nora", false],
  ["a b@c.example", false],
  ["nora@.example", false],
])("%s: %s", (address, whole) => expect(looksWhole(address)).toBe(whole));

test("a complaint names what is not whole, and nothing else", () => {
  expect(complaint([{ name: "", address: "nora@noralind.studio" }])).toBeNull();
  expect(
    complaint([
      { name: "", address: "nora@" },
      { name: "", address: "ines@m.example" },
    ]),
  ).toBe("“nora@” is no whole email address yet, such as name@studio.example.");
});
