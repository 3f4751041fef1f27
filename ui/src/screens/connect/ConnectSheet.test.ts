import { emit } from "@tauri-apps/api/event";
import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConnectRequest } from "../../lib/bindings";
import { router } from "../../lib/router.svelte";
import { sheets } from "../../lib/sheets.svelte";
import ConnectSheet from "./ConnectSheet.svelte";
import {
  askedFor,
  certificate,
  engine,
  failedStep,
  failure,
  foundAt,
  gmail,
  outlook,
  provider,
  providers,
  refusal,
  yahoo,
} from "./testing/answers";

let person: UserEvent;
beforeEach(() => {
  person = userEvent.setup();
});
afterEach(() => vi.useRealTimers());

async function type(email: string): Promise<void> {
  render(ConnectSheet, { onclose: vi.fn() });
  await person.type(await screen.findByLabelText("Email address"), `${email}{Enter}`);
}
const given = (asked: ReturnType<typeof engine>) =>
  askedFor(asked, "connect_account").map((a) => a.request as ConnectRequest);

test("an address that is none is refused at its field, and stays typed", async () => {
  engine({
    find_servers: () => {
      throw refusal("That is no whole email address.", "email");
    },
  });
  await type("nora at noralind");
  expect(await screen.findByRole("alert")).toHaveTextContent("no whole email address");
  const field = screen.getByLabelText("Email address");
  expect(field).toHaveValue("nora at noralind");
  expect(field).toHaveAccessibleDescription("That is no whole email address.");
});

test("what the checks have against the address is said at its field", async () => {
  engine({
    find_servers: ({ email }) => foundAt(yahoo, email),
    connect_account: () => {
      throw refusal("nora@yahoo.example is connected already.", "email");
    },
  });
  await type("nora@yahoo.example");
  await person.click(await screen.findByRole("button", { name: "Continue" }));
  await person.type(await screen.findByLabelText("App password"), "abcd{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("is connected already");
  expect(screen.getByLabelText("Email address")).toHaveAccessibleDescription(
    "nora@yahoo.example is connected already.",
  );
});

test("a search that lasts says so, and can be left for the list", async () => {
  const asked = engine({ find_servers: () => new Promise(() => undefined) });
  await type("nora@lind.example");
  expect(await screen.findByText("Looking for its mail server…")).toBeVisible();
  await person.click(screen.getByRole("button", { name: "Choose it myself" }));
  expect(await screen.findByText(/Nothing was found about nora@lind.example/)).toBeVisible();
  expect(screen.getByRole("radio", { name: /Other/ })).toBeChecked();
  expect(askedFor(asked, "cancel_check")).toEqual([{ run: askedFor(asked, "find_servers")[0]?.run }]);
});

test("the best answer is chosen and says whose word it is; another can be taken, and its servers changed", async () => {
  const email = "nora@lind.example";
  const own = foundAt(provider({}), email);
  const asked = engine({
    find_servers: () => ({
      answers: [...foundAt(gmail, email).answers, ...own.answers],
      connected_already: "nora@lind.example is connected already, at mail.old.example.",
    }),
    connect_account: () => 7,
  });
  await type(email);
  expect(
    await screen.findByText("nora@lind.example is at Google: its mail server says so. Is that right?"),
  ).toBeVisible();
  expect(screen.getByText(/connected already, at mail.old.example/)).toBeVisible();
  expect(screen.getByRole("radio", { name: "Google" })).toBeChecked();

  await person.click(screen.getByRole("radio", { name: /mail.lind.example 993/ }));
  expect(screen.getByRole("radio", { name: "Other" })).toBeChecked();
  await person.click(screen.getByRole("button", { name: /Other settings: mail.lind.example 993/ }));
  const host = screen.getByLabelText("Incoming server (IMAP)", { selector: "input" });
  await person.clear(host);
  await person.type(host, "imap.lind.example");
  await person.click(screen.getByRole("button", { name: "Continue" }));
  await person.type(await screen.findByLabelText("Password"), "secret{Enter}");
  expect(await screen.findByText("Connected.")).toBeVisible();
  expect(given(asked)[0]).toMatchObject({
    provider: "other",
    incoming: { host: "imap.lind.example", port: 993 },
    outgoing: null,
    sign_in: { kind: "password", password: "secret" },
  });
});

test("a provider that takes only the browser says so before it asks for anything, and leads to Advanced", async () => {
  engine({ find_servers: ({ email }) => foundAt(outlook, email) });
  await type("nora@outlook.example");
  expect(await screen.findByTestId("browser-only")).toHaveTextContent("needs a client id from Microsoft");
  expect(screen.queryByRole("button", { name: "Continue" })).toBeNull();
  await person.click(screen.getByTestId("go-advanced"));
  expect(router.place).toEqual({
    screen: "settings",
    part: "advanced",
    email: "nora@outlook.example",
    issuer: "microsoft",
  });
});

test("Gmail without a client id is connected with an app password", async () => {
  const asked = engine({
    providers: () => providers.map((p) => ({ ...p, browser_ready: false })),
    find_servers: ({ email }) => foundAt(gmail, email),
    connect_account: () => 7,
  });
  await type("nora@gmail.example");
  await person.click(await screen.findByRole("button", { name: "Continue" }));
  await person.type(await screen.findByLabelText("App password"), "abcd efgh{Enter}");
  expect(await screen.findByText("Connected.")).toBeVisible();
  expect(given(asked)[0]?.sign_in).toEqual({ kind: "password", password: "abcd efgh" });
});

test("signing in with the browser goes on to the checks by itself", async () => {
  let comeBack: (as: { signed_in_as: string }) => void = () => undefined;
  const asked = engine({
    find_servers: ({ email }) => foundAt(gmail, email),
    begin_browser_sign_in: () => ({ link: "https://accounts.example/?state=1", opened: true }),
    await_browser_sign_in: () => new Promise((resolve) => (comeBack = resolve)),
    connect_account: () => 7,
  });
  await type("nora@gmail.example");
  await person.click(await screen.findByRole("button", { name: "Sign in with Google" }));
  expect(await screen.findByText("Finish signing in in your browser.")).toBeVisible();
  expect(screen.getByLabelText("The link to sign in")).toHaveValue("https://accounts.example/?state=1");
  await person.click(screen.getByRole("button", { name: "Copy" }));
  expect(await navigator.clipboard.readText()).toBe("https://accounts.example/?state=1");
  comeBack({ signed_in_as: "nora@gmail.example" });
  expect(await screen.findByText("Connected.")).toBeVisible();
  const run = askedFor(asked, "begin_browser_sign_in")[0]?.run;
  expect(given(asked)[0]?.sign_in).toEqual({ kind: "browser", run });
  await person.click(await screen.findByRole("button", { name: "Send a test email" }));
  expect(sheets.shown).toEqual({ kind: "test-email", account: 7 });
  sheets.close();
});

test("after ten seconds it asks whether the browser opened, and Back leaves nothing that waits", async () => {
  const asked = engine({
    find_servers: ({ email }) => foundAt(gmail, email),
    begin_browser_sign_in: () => ({ link: "https://accounts.example/", opened: true }),
    await_browser_sign_in: () => new Promise(() => undefined),
  });
  await type("nora@gmail.example");
  const button = await screen.findByRole("button", { name: "Sign in with Google" });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  person = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  await person.click(button);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(screen.queryByText(/Did your browser open/)).toBeNull();
  await vi.advanceTimersByTimeAsync(1_100);
  expect(screen.getByText(/Did your browser open/)).toBeVisible();
  await person.click(screen.getByRole("button", { name: "Open it again" }));
  const run = askedFor(asked, "begin_browser_sign_in")[0]?.run;
  expect(askedFor(asked, "open_sign_in_again")).toEqual([{ run }]);
  await person.click(screen.getByRole("button", { name: "Back" }));
  expect(askedFor(asked, "cancel_check")).toEqual([{ run }]);
  expect(screen.getByRole("radio", { name: "Google" })).toBeChecked();
});

test("who cancels before the browser is opened leaves nothing that listens", async () => {
  let begun: (as: { link: string; opened: boolean }) => void = () => undefined;
  const asked = engine({
    find_servers: ({ email }) => foundAt(gmail, email),
    begin_browser_sign_in: () => new Promise((resolve) => (begun = resolve)),
  });
  await type("nora@gmail.example");
  await person.click(await screen.findByRole("button", { name: "Sign in with Google" }));
  await person.click(await screen.findByRole("button", { name: "Cancel" }));
  const run = askedFor(asked, "begin_browser_sign_in")[0]?.run;
  const early = askedFor(asked, "cancel_check").length;
  begun({ link: "https://accounts.example/", opened: true });
  await waitFor(() => expect(askedFor(asked, "cancel_check").slice(early)).toEqual([{ run }]));
  expect(askedFor(asked, "await_browser_sign_in")).toEqual([]);
});

test("a sign-in for an address that was refused is not used for the next one", async () => {
  const asked = engine({
    find_servers: ({ email }) => foundAt(gmail, email),
    begin_browser_sign_in: () => ({ link: "https://accounts.example/", opened: true }),
    await_browser_sign_in: () => ({ signed_in_as: null }),
    connect_account: ({ request }) => {
      if (request.email.startsWith("nora")) throw refusal("It is connected already.", "email");
      return 7;
    },
  });
  await type("nora@gmail.example");
  await person.click(await screen.findByRole("button", { name: "Sign in with Google" }));
  const field = await screen.findByLabelText("Email address");
  const [first] = askedFor(asked, "begin_browser_sign_in");
  expect(askedFor(asked, "cancel_check")).toEqual([{ run: first?.run }]);
  await person.clear(field);
  await person.type(field, "hello@gmail.example{Enter}");
  await person.click(await screen.findByRole("button", { name: "Sign in with Google" }));
  expect(await screen.findByText("Connected.")).toBeVisible();
  const second = askedFor(asked, "begin_browser_sign_in")[1];
  expect(second).toMatchObject({ email: "hello@gmail.example", provider: "gmail" });
  expect(given(asked)[1]?.sign_in).toEqual({ kind: "browser", run: second?.run });
  expect(second?.run).not.toBe(first?.run);
});

test("a sign-in at one provider is not used at another", async () => {
  const workspace = provider({ ...gmail, id: "workspace", name: "Workspace" });
  const asked = engine({
    providers: () => [...providers, workspace],
    find_servers: ({ email }) => foundAt(gmail, email),
    begin_browser_sign_in: () => ({ link: "https://accounts.example/", opened: true }),
    await_browser_sign_in: () => ({ signed_in_as: null }),
    connect_account: ({ request }) => {
      if (request.provider === "gmail") throw refusal("That server is not found.", "incoming.host");
      return 7;
    },
  });
  await type("nora@gmail.example");
  await person.click(await screen.findByRole("button", { name: "Sign in with Google" }));
  await person.click(await screen.findByRole("radio", { name: "Workspace" }));
  await person.click(screen.getByRole("button", { name: "Sign in with Google" }));
  expect(await screen.findByText("Connected.")).toBeVisible();
  const runs = askedFor(asked, "begin_browser_sign_in");
  expect(runs.map((r) => r.provider)).toEqual(["gmail", "workspace"]);
  expect(given(asked)[1]?.sign_in).toEqual({ kind: "browser", run: runs[1]?.run });
});

test("a consent that is refused says so, and is asked for again; the app password is another way", async () => {
  const asked = engine({
    find_servers: ({ email }) => foundAt(gmail, email),
    begin_browser_sign_in: () => ({ link: "https://accounts.example/", opened: true }),
    await_browser_sign_in: () => {
      throw refusal("Google says that access was refused.");
    },
  });
  await type("nora@gmail.example");
  await person.click(await screen.findByRole("button", { name: "Sign in with Google" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("access was refused");
  await person.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(askedFor(asked, "begin_browser_sign_in")).toHaveLength(2));
  await person.click(await screen.findByTestId("use-password"));
  expect(await screen.findByLabelText("App password")).toHaveFocus();
});

test("a failed step names the cause and its page, goes back with what was typed, and works the second time", async () => {
  let tries = 0;
  const why = failure("app_password_needed", "Yahoo wants an app password.", {
    server_said: "NO",
    page: { id: "yahoo/password", label: "Open Account security" },
  });
  const asked = engine({
    find_servers: ({ email }) => foundAt(yahoo, email),
    connect_account: async ({ run }) => {
      if (++tries > 1) return 7;
      await emit("checklist", { run: "another run", steps: [] });
      await emit("checklist", { run, steps: [failedStep("signed_in", why)] });
      throw refusal(why.sentence);
    },
  });
  await type("nora@yahoo.example");
  await person.click(await screen.findByRole("button", { name: "Continue" }));
  expect(screen.getByText("Create app password").tagName).toBe("B");
  await person.click(screen.getByRole("button", { name: "Open Account security" }));
  await person.type(screen.getByPlaceholderText("xxxx xxxx xxxx xxxx"), "abcd efgh");
  await person.click(screen.getByRole("button", { name: "Check and save" }));

  expect(await screen.findByText("Yahoo wants an app password.")).toBeVisible();
  expect(screen.getByRole("button", { name: "What Yahoo’s server said" })).toBeVisible();
  await person.click(screen.getByTestId("failure-page"));
  expect(askedFor(asked, "open_page")).toEqual([{ id: "yahoo/password" }, { id: "yahoo/password" }]);
  // What was refused is not sent once more by a click.
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  await person.click(screen.getByRole("button", { name: "Type it again" }));
  const password = await screen.findByLabelText("App password");
  expect(password).toHaveValue("abcd efgh");
  expect(given(asked)).toHaveLength(1);
  await person.type(password, " ijkl{Enter}");
  expect(await screen.findByText("Connected.")).toBeVisible();
  expect(given(asked)[1]).toMatchObject({
    email: "nora@yahoo.example",
    username: null,
    provider: "yahoo",
    sign_in: { kind: "password", password: "abcd efgh ijkl" },
    incoming: { host: "imap.mail.yahoo.com", port: 993, security: "tls" },
    trusted: [],
  });
});

test("a certificate that cannot be verified is trusted only after a warning, and for this account", async () => {
  let tries = 0;
  const why = failure("certificate_self_signed", "Nobody vouches for the certificate.", { certificate });
  const asked = engine({
    find_servers: ({ email }) => foundAt(yahoo, email),
    connect_account: async ({ run }) => {
      if (++tries > 1) return 7;
      await emit("checklist", { run, steps: [failedStep("secure_connection", why)] });
      throw refusal(why.sentence);
    },
  });
  await type("nora@yahoo.example");
  await person.click(await screen.findByRole("button", { name: "Continue" }));
  await person.type(await screen.findByLabelText("App password"), "abcd{Enter}");
  const panel = await screen.findByTestId("certificate");
  expect(panel).toHaveTextContent("server7.hosting.example");
  expect(panel).toHaveTextContent("Hosting Example CA");
  expect(panel).toHaveTextContent("14 March 2027");
  await person.click(screen.getByTestId("trust-certificate"));
  expect(screen.getByTestId("trust-warning")).toHaveTextContent(
    "Anybody who stands between you and your mail",
  );
  expect(screen.getByTestId("trust-cancel")).toHaveFocus();
  await person.click(screen.getByTestId("trust-cancel"));
  expect(given(asked)).toHaveLength(1);
  await person.click(screen.getByTestId("trust-certificate"));
  await person.click(screen.getByTestId("trust-confirm"));
  expect(await screen.findByText("Connected.")).toBeVisible();
  expect(given(asked)[1]?.trusted).toEqual([
    { fingerprint: certificate.fingerprint, host: certificate.host },
  ]);
});
