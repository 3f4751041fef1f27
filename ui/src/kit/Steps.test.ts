import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { CheckStep } from "../lib/bindings";
import Steps from "./Steps.svelte";

const step = (name: CheckStep["name"], more: Partial<CheckStep>): CheckStep => ({
  name,
  state: "todo",
  detail: null,
  milliseconds: null,
  failure: null,
  ...more,
});

test("the checklist shows each step with its result, its time, and the cause where it failed", async () => {
  const failure = {
    cause: "wrong_password" as const,
    sentence: "The mail server does not accept the password.",
    remedy: "Type the current password.",
    retried: false,
    server_said: "NO [AUTHENTICATIONFAILED] Invalid credentials",
    folder: null,
    certificate: null,
    page: null,
  };
  render(Steps, {
    steps: [
      step("server_found", { state: "done", detail: "imap.mail.yahoo.com", milliseconds: 104 }),
      step("secure_connection", { state: "running" }),
      step("signed_in", { state: "failed", milliseconds: 412, failure }),
      step("sending_works", { state: "skipped" }),
      step("saved", {}),
    ],
  });
  const [found, secure, signedIn, sending, saved] = screen.getAllByRole("listitem") as HTMLElement[];
  if (!found || !secure || !signedIn || !sending || !saved) throw new Error("five steps");
  expect(found).toHaveTextContent("Server found, done imap.mail.yahoo.com 0.1 s");
  expect(secure).toHaveTextContent("Securing the connection, running now");
  expect(signedIn).toHaveTextContent(
    "The mail server does not accept the password. Type the current password.",
  );
  expect(sending).toHaveTextContent("Sending works, skipped Skipped");
  expect(saved).toHaveTextContent("Saved in the keychain, to do");

  expect(screen.queryByText(/AUTHENTICATIONFAILED/)).toBeNull();
  await userEvent.click(within(signedIn).getByRole("button", { name: "What the server said" }));
  expect(screen.getByText(/AUTHENTICATIONFAILED/)).toBeVisible();
});
