import { emit } from "@tauri-apps/api/event";
import { render, screen } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { ReconnectRequest, Servers, WhatIsWrong } from "../../lib/bindings";
import { router } from "../../lib/router.svelte";
import { sheets } from "../../lib/sheets.svelte";
import ReconnectSheet from "./ReconnectSheet.svelte";
import {
  account,
  askedFor,
  certificate,
  engine,
  failedStep,
  failure,
  gmail,
  provider,
  refusal,
  wrong,
  yahoo,
  type Answers,
} from "./testing/answers";

let person: UserEvent;
beforeEach(() => {
  person = userEvent.setup();
});

function open(what: WhatIsWrong, answers: Answers = {}, more: { servers?: Servers; run?: boolean } = {}) {
  const asked = engine({ what_is_wrong: () => what, reconnect_account: () => null, ...answers });
  render(ReconnectSheet, { id: 7, onclose: vi.fn(), ...more });
  return asked;
}
const given = (asked: ReturnType<typeof engine>) =>
  askedFor(asked, "reconnect_account").map((a) => a.request as ReconnectRequest);
const isBack = () => screen.findByText("Connected again.");

test("an app password is typed and checked: two clicks from the row", async () => {
  const asked = open(
    wrong("app_password", failure("app_password_needed", "It wants one."), "Yahoo wants an app password"),
  );
  expect(await screen.findByRole("heading", { name: "Yahoo wants an app password" })).toBeVisible();
  expect(screen.getByLabelText("App password")).toHaveFocus();
  await person.keyboard("abcd efgh");
  await person.click(screen.getByRole("button", { name: "Check and save" }));
  await isBack();
  expect(given(asked)).toEqual([
    { sign_in: { kind: "password", password: "abcd efgh" }, trusted: [], servers: null },
  ]);
});

test("the look shows its two lines while it lasts, and then what is asked for", async () => {
  let answer: (w: WhatIsWrong) => void = () => undefined;
  open(wrong("nothing", null, ""), {
    what_is_wrong: async ({ run }) => {
      await emit("checklist", {
        run,
        steps: [{ ...failedStep("server_found", failure("unknown", "")), state: "running", failure: null }],
      });
      return new Promise((resolve) => (answer = resolve));
    },
  });
  expect(await screen.findByText("Finding the server")).toBeVisible();
  answer(wrong("password", failure("wrong_password", "Refused."), "The password was refused"));
  expect(await screen.findByLabelText("App password")).toBeVisible();
});

test("a sign-in that ran out goes through the browser", async () => {
  const asked = open(
    wrong("browser", failure("sign_in_expired", "Google no longer accepts it."), "Sign in again"),
    {
      account: () => account(gmail, { sign_in: "browser" }),
      begin_browser_sign_in: () => ({ link: "https://accounts.example/", opened: true }),
      await_browser_sign_in: () => ({ signed_in_as: "nora@lind.example" }),
    },
  );
  await person.click(await screen.findByRole("button", { name: "Sign in with Google" }));
  await isBack();
  const run = askedFor(asked, "begin_browser_sign_in")[0]?.run;
  expect(given(asked)[0]?.sign_in).toEqual({ kind: "browser", run });
  expect(screen.getByText(/The new sign-in is saved/)).toBeVisible();
});

test("an expired certificate that was renewed asks for no password", async () => {
  const asked = open(wrong("nothing", null, "Nothing is wrong now"));
  await person.click(await screen.findByRole("button", { name: "Check again" }));
  await isBack();
  expect(screen.queryByLabelText(/password/i)).toBeNull();
  expect(given(asked)[0]?.sign_in).toEqual({ kind: "stored" });
  // Whoever wants to see it for themselves tests this very mailbox.
  await person.click(screen.getByRole("button", { name: "Send a test email" }));
  expect(sheets.shown).toEqual({ kind: "test-email", account: 7 });
  sheets.close();
});

test("a saved password that turns out to be refused is asked for then", async () => {
  let tries = 0;
  const why = failure("wrong_password", "Yahoo does not accept the password.");
  const asked = open(wrong("nothing", null, "Nothing is wrong now"), {
    reconnect_account: async ({ run }) => {
      if (++tries > 1) return null;
      await emit("checklist", { run, steps: [failedStep("signed_in", why)] });
      throw refusal(why.sentence);
    },
  });
  await person.click(await screen.findByRole("button", { name: "Check again" }));
  await person.click(await screen.findByRole("button", { name: "Sign in again" }));
  await person.type(await screen.findByLabelText("App password"), "new{Enter}");
  await isBack();
  expect(given(asked).map((g) => g.sign_in.kind)).toEqual(["stored", "password"]);
});

test("a certificate that cannot be verified is shown, and trusted after a warning", async () => {
  const why = failure("certificate_unknown_issuer", "Unknown issuer.", { certificate });
  const asked = open(wrong("trust", why, "Nobody knows who issued the certificate"));
  await person.click(await screen.findByTestId("trust-certificate"));
  await person.click(screen.getByTestId("trust-confirm"));
  await isBack();
  expect(given(asked)).toEqual([
    {
      sign_in: { kind: "stored" },
      trusted: [{ fingerprint: certificate.fingerprint, host: certificate.host }],
      servers: null,
    },
  ]);
});

test("what stands in between is shown but cannot be trusted", async () => {
  open(
    wrong(
      "wait",
      failure("stands_in_between", "In between.", { certificate }),
      "Something stands in between",
    ),
  );
  expect(await screen.findByTestId("certificate")).toBeVisible();
  expect(screen.queryByTestId("trust-certificate")).toBeNull();
});

test("a locked keychain is unlocked, and it goes on by itself", async () => {
  const asked = open(wrong("unlock", failure("keychain_locked", "Locked."), "The keychain is locked"));
  await person.click(await screen.findByRole("button", { name: "Unlock the keychain" }));
  await isBack();
  expect(askedFor(asked, "unlock_keychain")).toHaveLength(1);
  expect(given(asked)[0]?.sign_in).toEqual({ kind: "stored" });
});

test("a server that moved is corrected under Other settings", async () => {
  const asked = open(
    wrong("servers", failure("host_not_found", "No such host."), "The server is not found"),
    {
      account: () => account(provider({})),
    },
  );
  const host = await screen.findByLabelText("Incoming server (IMAP)", { selector: "input" });
  expect(host).toHaveValue("mail.lind.example");
  await person.clear(host);
  await person.type(host, "imap.lind.example");
  await person.click(screen.getByRole("button", { name: "Check and save" }));
  await isBack();
  expect(given(asked)[0]).toMatchObject({
    sign_in: { kind: "stored" },
    servers: { username: "nora@lind.example", incoming: { host: "imap.lind.example", port: 993 } },
  });
});

test("who is merely offline is shown no servers, and Check again goes on once the network is back", async () => {
  let looks = 0;
  const offline = wrong("wait", failure("offline", "No network."), "This computer is offline");
  const asked = open(offline, {
    what_is_wrong: () => (++looks > 1 ? wrong("nothing", null, "It answers again") : offline),
  });
  expect(await screen.findByRole("heading", { name: "This computer is offline" })).toBeVisible();
  expect(screen.getByText("What to do.")).toBeVisible();
  expect(screen.queryByLabelText("Incoming server (IMAP)", { selector: "input" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Open Advanced" })).toBeNull();
  await person.click(screen.getByRole("button", { name: "Check again" }));
  await isBack();
  expect(given(asked)[0]?.sign_in).toEqual({ kind: "stored" });
});

test("while it is still offline, Check again only looks again", async () => {
  const asked = open(wrong("wait", failure("offline", "No network."), "This computer is offline"));
  await person.click(await screen.findByRole("button", { name: "Check again" }));
  expect(await screen.findByRole("button", { name: "Check again" })).toBeVisible();
  expect(askedFor(asked, "what_is_wrong")).toHaveLength(2);
  expect(given(asked)).toEqual([]);
});

test("a proxy that fails leads to Advanced", async () => {
  open(wrong("wait", failure("proxy_failed", "The proxy refuses."), "The proxy refuses"));
  await person.click(await screen.findByRole("button", { name: "Open Advanced" }));
  expect(router.place).toEqual({ screen: "settings", part: "advanced" });
});

test("a server that is back after Try again needs no further click", async () => {
  let looks = 0;
  const gone = wrong("servers", failure("connection_refused", "Nobody answers."), "Nobody answers there");
  const asked = open(gone, {
    what_is_wrong: () => (++looks > 1 ? wrong("nothing", null, "It answers again") : gone),
  });
  await person.click(await screen.findByRole("button", { name: "Try again" }));
  await isBack();
  expect(given(asked)).toHaveLength(1);
});

test("from Edit, changed servers are checked at once, and what is typed is kept when they fail", async () => {
  const servers = {
    username: "nora",
    incoming: { host: "imap.new.example", port: 993, security: "tls" as const },
    outgoing: null,
  };
  const asked = open(
    wrong("nothing", null, "Nothing is wrong"),
    {
      account: () => account(yahoo),
      reconnect_account: () => {
        throw refusal("The server’s name is not found.", "incoming");
      },
    },
    { servers, run: true },
  );
  expect(await screen.findByLabelText("Incoming server (IMAP)", { selector: "input" })).toHaveValue(
    "imap.new.example",
  );
  expect(screen.getByRole("alert")).toHaveTextContent("not found");
  expect(given(asked)[0]?.servers).toEqual(servers);
});

test("Cancel in the middle ends the look", async () => {
  const asked = open(wrong("nothing", null, ""), { what_is_wrong: () => new Promise(() => undefined) });
  await expect.poll(() => askedFor(asked, "what_is_wrong")).toHaveLength(1);
  await person.click(screen.getByRole("button", { name: "Cancel" }));
  expect(askedFor(asked, "cancel_check")).toEqual([{ run: askedFor(asked, "what_is_wrong")[0]?.run }]);
});
