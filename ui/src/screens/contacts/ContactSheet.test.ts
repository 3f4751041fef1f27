import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Refusal } from "../../lib/bindings";
import ContactSheet from "./ContactSheet.svelte";

afterEach(() => clearMocks());

function engine(refusal: Refusal | null): { asked: unknown[] } {
  const asked: unknown[] = [];
  mockIPC((command, args) => {
    if (command === "projects") return [];
    if (command !== "add_contact") return null;
    asked.push((args as { input: unknown }).input);
    if (refusal) throw refusal;
    return 41;
  });
  return { asked };
}

test("a refused address is told at its own line, and everything typed stays", async () => {
  const person = userEvent.setup();
  const { asked } = engine({
    code: "taken",
    sentence: "amara@okafor.example belongs to Amara Okafor already.",
    server_said: null,
    field: "addresses",
  });
  const onclose = vi.fn();
  render(ContactSheet, { onclose });
  await person.type(await screen.findByLabelText("Name"), "Ines Moreau");
  await person.type(screen.getByLabelText("Email address"), "ines@moreau-events.example");
  await person.click(screen.getByRole("button", { name: "Another address" }));
  await person.type(screen.getByLabelText("Email address 2"), "amara@okafor.example");
  await person.click(screen.getByRole("button", { name: "Another address" }));
  await person.type(screen.getByLabelText("Email address 3"), "ines.moreau@post.example");
  await person.click(screen.getByRole("button", { name: "Add contact" }));

  expect(asked).toHaveLength(1);
  const second = screen.getByLabelText("Email address 2");
  expect(await screen.findByRole("alert")).toHaveTextContent(
    "amara@okafor.example belongs to Amara Okafor already.",
  );
  expect(second).toHaveAccessibleDescription("amara@okafor.example belongs to Amara Okafor already.");
  expect(second).toBeInvalid();
  expect(screen.getByLabelText("Email address")).not.toHaveAccessibleDescription();
  expect(second).toHaveValue("amara@okafor.example");
  expect(screen.getByLabelText("Name")).toHaveValue("Ines Moreau");
  expect(onclose).not.toHaveBeenCalled();
});

test("a refusal that is about no field stands at the end of the form", async () => {
  const person = userEvent.setup();
  engine({ code: "busy", sentence: "The database is busy.", server_said: null, field: null });
  render(ContactSheet, { onclose: vi.fn() });
  await person.type(await screen.findByLabelText("Name"), "Ines{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("The database is busy.");
});

test("saving closes it and says which contact it made; empty lines are no addresses", async () => {
  const person = userEvent.setup();
  const { asked } = engine(null);
  const onclose = vi.fn();
  const saved = vi.fn();
  render(ContactSheet, { onclose, saved });
  await person.type(await screen.findByLabelText("Name"), "Ines");
  await person.click(screen.getByRole("button", { name: "Another address" }));
  await person.type(screen.getByLabelText("Email address 2"), " ines@moreau-events.example ");
  await person.click(screen.getByRole("button", { name: "Add contact" }));
  await vi.waitFor(() => expect(saved).toHaveBeenCalledWith(41));
  expect(onclose).toHaveBeenCalledOnce();
  expect(asked[0]).toMatchObject({ name: "Ines", kind: "client", addresses: ["ines@moreau-events.example"] });
});
