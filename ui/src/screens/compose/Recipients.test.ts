import { clearMocks } from "@tauri-apps/api/mocks";
import { fireEvent, render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Mailbox } from "../../lib/bindings";
import Recipients from "./Recipients.svelte";
import { engine, people } from "./testing/mails";

afterEach(() => clearMocks());

function field(start: Mailbox[] = [], known: Mailbox[] = people) {
  engine({
    people_named: ({ typed }: { typed: string }) =>
      known.filter((p) => p.name.toLowerCase().includes(typed.toLowerCase())),
  });
  const onchange = vi.fn((list: Mailbox[]) => void view.rerender({ people: list }));
  const view = render(Recipients, { label: "To", people: start, onchange });
  return { onchange, input: screen.getByRole("combobox", { name: "To" }), person: userEvent.setup() };
}
const chips = () => screen.queryAllByTestId("chip").map((c) => c.title);

test.each(["{Enter}", ",", ";", "{Tab}"])("%s makes a chip of an address", async (end) => {
  const { input, person } = field();
  await person.type(input, `ines@moreau.example${end}`);
  await vi.waitFor(() => expect(chips()).toEqual(["ines@moreau.example"]));
  expect(input).toHaveValue("");
});

test("people are suggested, and Enter takes the one that is marked", async () => {
  const { input, person } = field();
  await person.type(input, "a");
  const list = await screen.findByRole("listbox", { name: "People" });
  expect(list).toBeVisible();
  expect(screen.getAllByRole("option")).toHaveLength(1);
  await person.keyboard("{Enter}");
  expect(chips()).toEqual(["amara@okafor.example"]);
  expect(screen.queryByRole("listbox")).toBeNull();
});

test("Escape closes the list and nothing else", async () => {
  const { input, person } = field();
  const outside = vi.fn();
  document.addEventListener("keydown", outside);
  await person.type(input, "tun");
  await screen.findByRole("listbox");
  outside.mockClear();
  await person.keyboard("{Escape}");
  expect(screen.queryByRole("listbox")).toBeNull();
  expect(outside).not.toHaveBeenCalled();
  document.removeEventListener("keydown", outside);
});

test.each([{ isComposing: true }, { keyCode: 229 }])(
  "Enter that ends an input method's composition makes no chip: %o",
  async (composing) => {
    const { input, onchange } = field();
    await fireEvent.input(input, { target: { value: "ines@moreau.example" } });
    await fireEvent.keyDown(input, { key: "Enter", ...composing });
    await Promise.resolve();
    expect(onchange).not.toHaveBeenCalled();
    expect(input).toHaveValue("ines@moreau.example");
    await fireEvent.keyDown(input, { key: "Enter" });
    expect(chips()).toEqual(["ines@moreau.example"]);
  },
);

test("Backspace in the empty field takes the last one off; so does its own button", async () => {
  const { input, person } = field([...people]);
  await person.click(screen.getByRole("button", { name: "Remove Amara Okafor" }));
  expect(chips()).toEqual(["tunde@riverside.example"]);
  await person.type(input, "{Backspace}");
  expect(chips()).toEqual([]);
});

test("nobody stands there twice, and what is no address yet is said kindly", async () => {
  const { input, person } = field([...people]);
  await person.type(input, "AMARA@okafor.example{Enter}grace@riverside{Enter}");
  expect(chips()).toEqual(["amara@okafor.example", "tunde@riverside.example", "grace@riverside"]);
  expect(input).toBeInvalid();
  expect(input).toHaveAccessibleDescription(
    "“grace@riverside” is no whole email address yet, such as name@studio.example.",
  );
});

test("several are pasted at once", async () => {
  const { input, person } = field();
  await person.click(input);
  await person.paste("Ines <ines@moreau.example>, jonas@brandt.example");
  expect(chips()).toEqual(["ines@moreau.example", "jonas@brandt.example"]);
});

const marias: Mailbox[] = [
  { name: "Marco Conti", address: "marco@conti.example" },
  { name: "Mara Feld", address: "mara@feld.example" },
];
test("half a name is nobody when the field is left, unless the person went to somebody in the list", async () => {
  const { input, person } = field([], marias);
  await person.type(input, "ma");
  await screen.findByRole("listbox");
  await person.tab();
  expect(chips()).toEqual(["ma"]);
  expect(input).toHaveAccessibleDescription(
    "“ma” is no whole email address yet, such as name@studio.example.",
  );
  await person.click(screen.getByRole("button", { name: "Remove ma" }));
  await person.type(input, "ma");
  await screen.findByRole("listbox");
  await person.keyboard("{ArrowDown}{Tab}");
  expect(chips()).toEqual(["mara@feld.example"]);
});

test("Enter that is faster than the list shows it, and takes nobody that was not seen", async () => {
  const { input, person } = field([], marias);
  await person.type(input, "m");
  await screen.findByRole("listbox");
  const letters = fireEvent.input(input, { target: { value: "mar" } });
  await Promise.all([letters, fireEvent.keyDown(input, { key: "Enter" })]);
  await screen.findByRole("listbox");
  expect(chips()).toEqual([]);
  expect(screen.getAllByRole("option")[0]).toHaveAttribute("aria-selected", "true");
  await person.keyboard("{Enter}");
  expect(chips()).toEqual(["marco@conti.example"]);
});

test("a name that finds nobody, and an unmarked list, make a chip that is to be mended", async () => {
  const { input, person } = field([], marias);
  await person.type(input, "zoe{Enter}");
  await vi.waitFor(() => expect(chips()).toEqual(["zoe"]));
  await person.type(input, "ma");
  await screen.findByRole("listbox");
  await person.keyboard("{ArrowUp}{Enter}");
  expect(chips()).toEqual(["zoe", "ma"]);
});
