import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { CheckStep, ConnectRequest, Provider, Refusal } from "../../lib/bindings";
import ConnectSheet from "./ConnectSheet.svelte";

const provider = (more: Partial<Provider>): Provider => ({
  id: "other",
  name: "Other",
  mark: "…",
  incoming: null,
  outgoing: null,
  password_label: "Password",
  guidance: [],
  page: null,
  browser_only: false,
  local_part_user: false,
  app_password: false,
  domains: [],
  ...more,
});
const providers = [
  provider({
    id: "yahoo",
    name: "Yahoo",
    mark: "Y",
    incoming: { host: "imap.mail.yahoo.com", port: 993, security: "tls" },
    outgoing: { host: "smtp.mail.yahoo.com", port: 465, security: "tls" },
    password_label: "App password",
    guidance: ["Open Yahoo’s page."],
    page: "https://yahoo.example",
  }),
  provider({ id: "outlook", name: "Outlook.com", mark: "O", browser_only: true }),
  provider({}),
];
const refusal = (sentence: string, field: string | null = null): Refusal => ({
  code: "x",
  sentence,
  server_said: null,
  field,
});

type Engine = {
  providerFor?: (email: string) => string;
  connect?: (run: string, request: ConnectRequest) => unknown;
};
function engine({ providerFor = () => "yahoo", connect = () => 1 }: Engine): void {
  mockIPC(
    (command, args) => {
      const a = args as { email: string; run: string; request: ConnectRequest };
      if (command === "providers") return providers;
      if (command === "provider_for") return providerFor(a.email);
      if (command === "connect_account") return connect(a.run, a.request);
      if (command === "account") return { row: { history: [], syncing: null } };
      return null;
    },
    { shouldMockEvents: true },
  );
}

test("an address that is connected already is refused at its field, and stays typed", async () => {
  const person = userEvent.setup();
  engine({
    providerFor: () => {
      throw refusal("nora@noralind.studio is connected already.", "email");
    },
  });
  render(ConnectSheet, { onclose: vi.fn() });
  const field = await screen.findByLabelText("Email address");
  await person.type(field, "nora@noralind.studio{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("is connected already");
  expect(field).toHaveValue("nora@noralind.studio");
  expect(field).toHaveAccessibleDescription("nora@noralind.studio is connected already.");
});

test("a provider that takes only a browser sign-in says so and goes no further", async () => {
  const person = userEvent.setup();
  engine({ providerFor: () => "outlook" });
  render(ConnectSheet, { onclose: vi.fn() });
  await person.type(await screen.findByLabelText("Email address"), "nora@outlook.example{Enter}");
  expect(await screen.findByTestId("browser-only")).toHaveTextContent("which Hatstand cannot do yet");
  expect(screen.queryByRole("button", { name: "Continue" })).toBeNull();
});

test("a failed step names the cause, goes back with what was typed, and works the second time", async () => {
  const person = userEvent.setup();
  const asked: ConnectRequest[] = [];
  const failed: CheckStep = {
    name: "signed_in",
    state: "failed",
    detail: null,
    milliseconds: 412,
    failure: {
      cause: "app_password_needed",
      sentence: "Your provider wants an app password.",
      remedy: "Make one.",
      retried: false,
      server_said: "NO",
      folder: null,
    },
  };
  engine({
    connect: async (run, request) => {
      asked.push(request);
      if (asked.length > 1) return 7;
      await emit("checklist", { run: "another run", steps: [] });
      await emit("checklist", { run, steps: [failed] });
      throw refusal("Your provider wants an app password.");
    },
  });
  render(ConnectSheet, { onclose: vi.fn() });
  await person.type(await screen.findByLabelText("Email address"), "nora@yahoo.example{Enter}");
  await person.click(await screen.findByRole("button", { name: "Continue" }));
  await person.type(await screen.findByLabelText("App password"), "abcd efgh");
  await person.click(screen.getByRole("button", { name: "Check and save" }));

  expect(await screen.findByText("Your provider wants an app password.")).toBeVisible();
  await person.click(screen.getByRole("button", { name: "Back" }));
  const password = await screen.findByLabelText("App password");
  expect(password).toHaveValue("abcd efgh");
  await person.type(password, " ijkl{Enter}");
  expect(await screen.findByText("Connected.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Add a contact" })).toBeVisible();
  expect(asked[1]).toMatchObject({
    email: "nora@yahoo.example",
    username: null,
    provider: "yahoo",
    password: "abcd efgh ijkl",
    incoming: { host: "imap.mail.yahoo.com", port: 993, security: "tls" },
  });
});
