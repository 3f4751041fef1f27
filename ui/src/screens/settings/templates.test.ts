import { clearMocks } from "@tauri-apps/api/mocks";
import { fireEvent, render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sheets } from "../../lib/sheets.svelte";
import { askedFor, engine, refusal } from "../compose/testing/mails";
import TemplateSheet from "./TemplateSheet.svelte";
import TemplatesSection from "./TemplatesSection.svelte";

beforeEach(() => {
  document.body.innerHTML = '<main id="main"></main>';
});
afterEach(() => {
  sheets.close();
  clearMocks();
});
const template = { id: 3, title: "First answer", subject: "Your enquiry", html: "<p>Hello {first name}</p>" };

test("a template is written and stored", async () => {
  const asked = engine({ save_template: () => 4 });
  const onclose = vi.fn();
  const person = userEvent.setup();
  render(TemplateSheet, { onclose });
  await person.type(screen.getByLabelText("Name"), "First answer");
  const text = screen.getByTestId("template-text");
  text.innerHTML = "<p>Hello</p>";
  await fireEvent.input(text);
  await person.click(screen.getByRole("button", { name: "Add template" }));
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(askedFor(asked, "save_template")[0]?.template).toMatchObject({
    id: null,
    title: "First answer",
    html: "<p>Hello</p>",
  });
});

test("a refused name is told at the name", async () => {
  engine({
    save_template: () => {
      throw refusal("A template needs a name.", "title");
    },
  });
  const onclose = vi.fn();
  const person = userEvent.setup();
  render(TemplateSheet, { onclose });
  await person.click(screen.getByRole("button", { name: "Add template" }));
  await vi.waitFor(() =>
    expect(screen.getByLabelText("Name")).toHaveAccessibleDescription("A template needs a name."),
  );
  expect(onclose).not.toHaveBeenCalled();
});

test("it is changed and, once asked, deleted", async () => {
  let all = [template];
  const asked = engine({
    templates: () => all,
    delete_template: () => {
      all = [];
      return null;
    },
  });
  // A menu that closes keeps the page behind it from clicks for a moment that has no event of its own.
  const person = userEvent.setup({ pointerEventsCheck: 0 });
  render(TemplatesSection);
  await person.click(await screen.findByRole("button", { name: "Template First answer" }));
  await person.click(await screen.findByTestId("edit-template"));
  expect(sheets.shown).toEqual({ kind: "template", template });
  sheets.close();
  await person.click(screen.getByRole("button", { name: "Template First answer" }));
  await person.click(await screen.findByTestId("delete-template"));
  expect(askedFor(asked, "delete_template")).toEqual([]);
  await person.click(await screen.findByTestId("delete-template-really"));
  expect(askedFor(asked, "delete_template")).toEqual([{ id: 3 }]);
  expect(await screen.findByText("No templates yet")).toBeVisible();
});
