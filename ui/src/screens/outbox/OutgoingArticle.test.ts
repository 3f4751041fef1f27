import { clearMocks } from "@tauri-apps/api/mocks";
import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Failure, OutgoingRow, OutgoingShown } from "../../lib/bindings";
import { sheets } from "../../lib/sheets.svelte";
import { askedFor, engine, row } from "../compose/testing/mails";
import OutgoingArticle from "./OutgoingArticle.svelte";

afterEach(() => {
  sheets.close();
  clearMocks();
});
const failure = (more: Partial<Failure> = {}): Failure => ({
  cause: "mail_refused",
  sentence: "The mail server refuses this mail.",
  remedy: "The details say why.",
  retried: false,
  server_said: "554 5.7.1 Spam",
  folder: null,
  page: null,
  certificate: null,
  ...more,
});
function show(more: Partial<OutgoingRow>) {
  const asked = engine({});
  render(OutgoingArticle, { row: row(more) });
  return { asked, person: userEvent.setup(), article: screen.getByTestId("outgoing") };
}
const buttons = () =>
  screen.queryAllByRole("button").map((b) => b.getAttribute("aria-label") ?? b.textContent?.trim());

test.each<[OutgoingShown, string[]]>([
  ["draft", ["Continue: Timeline"]],
  ["undoable", ["Edit: Timeline", "Send now: Timeline"]],
  ["scheduled", ["Edit: Timeline", "Send now: Timeline"]],
  ["waiting", ["Edit: Timeline", "Send now: Timeline"]],
  ["sending", []],
  ["failed", ["Try again: Timeline", "Edit: Timeline"]],
  ["uncertain", ["It arrived: Timeline", "Send again: Timeline", "Edit: Timeline"]],
  ["sent", ["Dismiss: Timeline"]],
])("%s offers what can be done, and nothing else", (state, names) => {
  const { article } = show({ state, send_at: Date.now() + 60_000 });
  expect(article).toHaveAttribute("data-state", state);
  expect(buttons()).toEqual(names);
});

test("a failed one says why, what to do, and on demand the server's own words", async () => {
  const { person } = show({ state: "failed", failure: failure() });
  expect(screen.getByTestId("why")).toHaveTextContent(
    "The mail server refuses this mail. The details say why.",
  );
  expect(screen.queryByText("554 5.7.1 Spam")).toBeNull();
  await person.click(screen.getByRole("button", { name: "Details" }));
  expect(screen.getByText("554 5.7.1 Spam")).toBeVisible();
});

test("one that may have arrived is never sent again but by the person", async () => {
  const { asked, person } = show({ state: "uncertain" });
  expect(screen.getByTestId("why")).toHaveTextContent(/^It may have arrived/);
  expect(asked).toEqual([]);
  await person.click(screen.getByRole("button", { name: "Send again: Timeline" }));
  expect(askedFor(asked, "send_again")).toEqual([{ id: 7 }]);
  await person.click(screen.getByRole("button", { name: "It arrived: Timeline" }));
  expect(askedFor(asked, "confirm_arrived")).toEqual([{ id: 7 }]);
});

test("on its way it shows how far", () => {
  show({ state: "sending", sending: { sent: 12_400_000, total: 20_000_000 } });
  const bar = screen.getByRole("progressbar", { name: "Sending Timeline" });
  expect(bar).toHaveAttribute("aria-valuenow", "12400000");
  expect(screen.getByText("12 MB of 20 MB")).toBeVisible();
});

test.each([
  [true, "handed over, and no copy was found in Sent. Ask"],
  [false, "handed over. Hatstand could not look into Sent yet. Ask"],
])("in doubt it says whether Sent was looked into (%s)", (looked, words) => {
  show({ state: "uncertain", looked });
  expect(screen.getByTestId("why")).toHaveTextContent(words);
});

const to = (address: string, refused: Failure | null) => ({
  name: "",
  address,
  accepted: !refused,
  refused,
});
test("of several recipients it names the one that was refused, and why", () => {
  show({
    state: "sent",
    recipients: [to("amara@okafor.example", null), to("tunde@riverside.example", failure())],
  });
  expect(screen.getByText("Sent, but not to all")).toBeVisible();
  expect(screen.getByTestId("why")).toHaveTextContent(
    "It did not go to tunde@riverside.example. The mail server refuses this mail. The details say why.",
  );
  expect(screen.queryByTestId("refused")).toBeNull();
});

test("of several that were refused each has its own reason, and nothing is promised that does not happen", async () => {
  const later = failure({
    cause: "try_later",
    sentence: "The mail server asks to try again later.",
    remedy: "Nothing to do: it is tried again by itself.",
    server_said: "450 4.2.0 Greylisted",
  });
  const { person } = show({
    state: "sent",
    recipients: [
      to("amara@okafor.example", null),
      to("tunde@riverside.example", failure()),
      to("ines@moreau.example", later),
    ],
  });
  const list = screen.getByRole("list", { name: "Not sent to" });
  expect([...list.children].map((item) => item.textContent)).toEqual([
    "tunde@riverside.example The mail server refuses this mail. The details say why.",
    "ines@moreau.example The mail server asks to try again later.",
  ]);
  expect(screen.queryByText(/Greylisted/)).toBeNull();
  await person.click(screen.getByRole("button", { name: "Details" }));
  expect(screen.getByText(/ines@moreau\.example: 450 4\.2\.0 Greylisted/)).toBeVisible();
});

test.each<[OutgoingShown, string]>([
  ["failed", "edit_again"],
  ["uncertain", "edit_again"],
  ["waiting", "undo_send"],
])("Edit takes a %s one back first, then opens it", async (state, command) => {
  const { asked, person } = show({ state });
  await person.click(screen.getByRole("button", { name: "Edit: Timeline" }));
  await vi.waitFor(() => expect(sheets.shown).toEqual({ kind: "compose", start: { draft: 7 } }));
  expect(askedFor(asked, command)).toEqual([{ id: 7 }]);
});
