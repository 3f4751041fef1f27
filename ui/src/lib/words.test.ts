import { expect, test } from "vitest";
import { bytes, counted, firstName, initials, listed, mailboxNames, spelled } from "./words";

test("figures in sentences", () => {
  expect(counted(1, "message")).toBe("1 message");
  expect(counted(1204, "header")).toBe("1,204 headers");
  expect(spelled(2, "email")).toBe("Two emails");
  expect(spelled(40, "email")).toBe("40 emails");
});
test.each([
  [1, "1 byte"],
  [999, "999 bytes"],
  [184_000, "184 kB"],
  [999_600, "1.0 MB"],
  [2_400_000, "2.4 MB"],
  [50_000_000, "50 MB"],
])("%i is %s", (n, said) => expect(bytes(n)).toBe(said));
test("names", () => {
  expect(listed([])).toBe("");
  expect(listed(["Amara", "Tunde", "Ines"])).toBe("Amara, Tunde and Ines");
  expect(firstName("Ines Moreau")).toBe("Ines");
  expect(initials("Ines Moreau")).toBe("IM");
  expect(initials("studio@lumen.example")).toBe("SE");
  expect(initials("Clara Voss, Lumen Group")).toBe("CV");
  expect(initials("")).toBe("?");
});

test("mailboxes go by their short names, unless two begin alike", () => {
  const two = ["hello@noralind.studio", "nora@noralind.studio", "hello@noralind.studio"];
  expect(mailboxNames(two)).toEqual(["hello@", "nora@"]);
  expect(mailboxNames(["nora@a.example", "nora@b.example"])).toEqual(["nora@a.example", "nora@b.example"]);
});
