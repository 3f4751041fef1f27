import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AccountRow, Advanced } from "../../lib/bindings";
import { router } from "../../lib/router.svelte";
import { sheets } from "../../lib/sheets.svelte";
import App from "../../App.svelte";
import {
  account,
  askedFor,
  engine,
  failure,
  gmail,
  provider,
  refusal,
  type Answers,
} from "../connect/testing/answers";
import AccountNotices from "./AccountNotices.svelte";
import AccountSheet from "./AccountSheet.svelte";
import AdvancedSection from "./AdvancedSection.svelte";

let person: UserEvent;
beforeEach(() => {
  person = userEvent.setup();
});
afterEach(() => sheets.close());

test("Edit shows how it signs in, forgets a certificate, and its Connect takes changed servers along", async () => {
  const trusted = [{ fingerprint: "3A:7F", host: "mail.lind.example" }];
  const asked = engine({
    account: () => account(provider({}), { trusted, aliases: ["hello@lind.example"] }),
  });
  render(AccountSheet, { id: 7, onclose: vi.fn() });
  expect(await screen.findByTestId("signs-in")).toHaveTextContent("with a password");
  await person.click(screen.getByRole("button", { name: "Forget the certificate of mail.lind.example" }));
  expect(askedFor(asked, "forget_certificate")).toEqual([{ id: 7, fingerprint: "3A:7F" }]);
  await expect.poll(() => screen.queryByTestId("trusted-certificate")).toBeNull();

  await person.click(screen.getByRole("button", { name: /Server settings: mail.lind.example 993/ }));
  const host = screen.getByLabelText("Incoming server (IMAP)", { selector: "input" });
  await person.clear(host);
  await person.type(host, "imap.lind.example");
  expect(screen.getByRole("button", { name: "Save and connect" })).toBeVisible();
  await person.click(screen.getByTestId("edit-connect"));
  expect(askedFor(asked, "edit_account")).toEqual([]);
  expect(sheets.shown).toMatchObject({
    kind: "reconnect",
    id: 7,
    run: true,
    servers: { username: "nora@lind.example", incoming: { host: "imap.lind.example", port: 993 } },
  });
});

test("Connect of Edit keeps what was typed there: it is stored first, and a refusal stays", async () => {
  const asked = engine({
    account: () => account(provider({})),
    edit_account: () => {
      throw refusal("That is no whole address.", "aliases.0");
    },
  });
  render(AccountSheet, { id: 7, onclose: vi.fn() });
  await person.click(await screen.findByRole("button", { name: "Add an address" }));
  await person.type(screen.getByLabelText("Further address 1"), "hello");
  await person.click(screen.getByTestId("edit-connect"));
  expect(await screen.findByRole("alert")).toHaveTextContent("no whole address");
  expect(askedFor(asked, "edit_account")).toHaveLength(1);
  expect(sheets.shown).toBeUndefined();
});

test("an address that mail is sent or delivered under is asked about in its own words", async () => {
  const asked = engine({});
  const row = (seen: "sent" | "delivered") =>
    ({
      id: 7,
      moved_mailbox_waiting: 0,
      notes: [],
      unknown_alias: { address: "hello@lind.example", seen },
    }) as unknown as AccountRow;
  const { rerender } = render(AccountNotices, { row: row("sent") });
  expect(screen.getByTestId("unknown-alias")).toHaveTextContent(
    "You also send as hello@lind.example. Add it?",
  );
  await rerender({ row: row("delivered") });
  expect(screen.getByTestId("unknown-alias")).toHaveTextContent(
    "Mail to hello@lind.example arrives here too. Add it?",
  );
  await person.click(screen.getByRole("button", { name: "Add it" }));
  expect(askedFor(asked, "answer_alias")).toEqual([{ id: 7, address: "hello@lind.example", add: true }]);
});

function advanced(answers: Answers = {}) {
  const state: Advanced = {
    clients: [
      { id: "google", name: "Google", client_id: null, from_build: true, has_secret: false },
      { id: "microsoft", name: "Microsoft", client_id: null, from_build: false, has_secret: false },
    ],
    proxy: { kind: "system" },
  };
  return engine({
    advanced: () => ({ ...state }),
    set_client: ({ issuer, clientId }) => {
      state.clients = state.clients.map((c) =>
        c.id === issuer ? { ...c, client_id: clientId, has_secret: clientId !== null } : c,
      );
      return null;
    },
    ...answers,
  });
}

test("who was sent to Advanced for a client id finds it open, and goes on with the address", async () => {
  const asked = advanced();
  render(AdvancedSection, { open: true, email: "nora@outlook.example", issuer: "microsoft" });
  const microsoft = await screen.findByRole("form", { name: "Microsoft" });
  await person.type(within(microsoft).getByLabelText("Client id"), "abc");
  await person.type(within(microsoft).getByLabelText(/Client secret/), "hush{Enter}");
  expect(askedFor(asked, "set_client")).toEqual([
    { issuer: "microsoft", clientId: "abc", clientSecret: "hush" },
  ]);
  await person.click(await screen.findByRole("button", { name: "Go on connecting" }));
  expect(sheets.shown).toEqual({ kind: "connect", email: "nora@outlook.example" });
  const secret = within(microsoft).getByLabelText(/Client secret/);
  expect(secret).toHaveValue("");
  expect(secret).toHaveAttribute("placeholder", "saved");
});

test("an account that lacks a client id leads to Advanced, a second time too", async () => {
  const row = account(gmail).row;
  const lacking: AccountRow = {
    ...row,
    state: "held_up",
    failure: failure("unknown", "Hatstand has no client id for Google any more.", { retried: true }),
    button: "open_advanced",
  };
  const asked = advanced({
    accounts: () => [lacking],
    settings: () => ({ show_mail_on_dashboard: true, cycle_minutes: 10, theme: "system" }),
  });
  router.go({ screen: "settings" });
  render(App);
  await person.click(await screen.findByRole("button", { name: "Open Advanced" }));
  expect(await screen.findByRole("form", { name: "Google" })).toBeVisible();
  await person.click(screen.getByTestId("advanced-open"));
  await waitFor(() => expect(screen.queryByRole("form", { name: "Google" })).toBeNull());
  await person.click(screen.getByRole("button", { name: "Open Advanced" }));
  expect(await screen.findByRole("form", { name: "Google" })).toBeVisible();
  expect(askedFor(asked, "sync_now")).toEqual([]);
});

test("a client id of one’s own goes before the one that comes along, and can be taken away again", async () => {
  const asked = advanced();
  render(AdvancedSection, { open: false });
  await person.click(await screen.findByTestId("advanced-open"));
  const google = await screen.findByRole("form", { name: "Google" });
  expect(google).toHaveTextContent("Comes with Hatstand");
  expect(within(google).queryByRole("button", { name: "Remove" })).toBeNull();
  await person.type(within(google).getByLabelText("Client id"), "mine{Enter}");
  await waitFor(() => expect(google).toHaveTextContent("Your own client id"));
  expect(within(google).getByLabelText("Client id")).toHaveValue("mine");
  await person.click(within(google).getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(google).toHaveTextContent("Comes with Hatstand"));
  expect(within(google).getByLabelText("Client id")).toHaveValue("");
  expect(askedFor(asked, "set_client").map((a) => a.clientId)).toEqual(["mine", null]);
});

test("a client id that was typed before is shown though one comes along", async () => {
  advanced({
    advanced: () => ({
      clients: [{ id: "google", name: "Google", client_id: "mine", from_build: true, has_secret: true }],
      proxy: { kind: "system" },
    }),
  });
  render(AdvancedSection, { open: false });
  await person.click(await screen.findByTestId("advanced-open"));
  const google = await screen.findByRole("form", { name: "Google" });
  expect(google).toHaveTextContent("Your own client id");
  expect(within(google).getByLabelText("Client id")).toHaveValue("mine");
  expect(within(google).getByRole("button", { name: "Remove" })).toBeVisible();
});

test("a proxy that needs a host is saved once it has one, the others at once", async () => {
  const asked = advanced({
    set_proxy: ({ proxy }) => {
      if (proxy.host === "") throw refusal("Which host is the proxy at?", "host");
      return null;
    },
  });
  render(AdvancedSection, { open: false });
  await person.click(await screen.findByTestId("advanced-open"));
  await person.click(await screen.findByRole("radio", { name: "SOCKS5" }));
  await person.click(screen.getByTestId("advanced-proxy-save"));
  expect(await screen.findByRole("alert")).toHaveTextContent("Which host");
  await person.type(screen.getByLabelText("Proxy host"), "127.0.0.1");
  await person.click(screen.getByTestId("advanced-proxy-save"));
  await person.click(screen.getByRole("radio", { name: "None" }));
  expect(askedFor(asked, "set_proxy").map((a) => a.proxy)).toEqual([
    { kind: "socks5", host: "", port: 1080 },
    { kind: "socks5", host: "127.0.0.1", port: 1080 },
    { kind: "none" },
  ]);
});
