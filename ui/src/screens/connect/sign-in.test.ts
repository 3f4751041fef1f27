import { describe, expect, test } from "vitest";
import type { Provider } from "../../lib/bindings";
import { asksForSecret, bold, fingerprintLines, firstMethod, lacksClient, mayBeTrusted } from "./sign-in";

const provider = (takes_password: boolean, issuer: string | null, browser_ready: boolean) =>
  ({ takes_password, issuer, browser_ready }) as Provider;

describe("what a provider is asked for first", () => {
  test.each([
    ["an app password, where there is no client id", provider(true, "google", false), "password", false],
    ["the browser, where there is one", provider(true, "google", true), "browser", false],
    ["a password, where nothing else is taken", provider(true, null, false), "password", false],
    ["the browser, where nothing else is taken", provider(false, "microsoft", true), "browser", false],
    ["nothing: it says so first", provider(false, "microsoft", false), "browser", true],
  ] as const)("%s", (_, p, method, says) => {
    expect(firstMethod(p)).toBe(method);
    expect(lacksClient(p)).toBe(says);
  });
});

test("what stands on the provider’s page is bold", () => {
  expect(bold("Choose **Create app password**, type “Hatstand”.")).toEqual([
    { text: "Choose ", bold: false },
    { text: "Create app password", bold: true },
    { text: ", type “Hatstand”.", bold: false },
  ]);
  expect(bold("Plain.")).toEqual([{ text: "Plain.", bold: false }]);
});

test("a fingerprint is read in lines of eight", () => {
  const bytes = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, "0").toUpperCase());
  const lines = fingerprintLines(bytes.join(":"));
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe("00:01:02:03:04:05:06:07");
  expect(lines.join(":")).toBe(bytes.join(":"));
});

test("an expired certificate asks for no password, and what stands in between is not to be trusted", () => {
  expect(asksForSecret("certificate_expired")).toBe(false);
  expect(asksForSecret("wrong_password")).toBe(true);
  expect(mayBeTrusted("certificate_self_signed")).toBe(true);
  expect(mayBeTrusted("stands_in_between")).toBe(false);
});
