// How an account signs in: what a provider takes, and what a failure asks for.
import type { Cause, Provider } from "../../lib/bindings";

export type Method = "password" | "browser";

/** A browser sign-in can begin now. */
export const browserCan = (p: Provider): boolean => p.issuer !== null && p.browser_ready;
/** The provider takes nothing but a browser sign-in, and this copy has no client id for it. */
export const lacksClient = (p: Provider): boolean => !p.takes_password && !browserCan(p);
/** What is offered first. */
export const firstMethod = (p: Provider): Method =>
  browserCan(p) || !p.takes_password ? "browser" : "password";
/** "Google"; where the issuer has no name of its own, the provider's. */
export const issuerName = (p: Provider): string => p.issuer_name ?? p.name;
/** "What Yahoo’s server said" */
export const whoSaid = (p: Provider | undefined): string =>
  p && p.id !== "other" ? `What ${p.name}’s server said` : "What the server said";
/** The link that leads from the browser to the password. */
export const usePassword = (p: Provider): string =>
  p.app_password ? "Use an app password instead" : "Use a password instead";

/** The secret itself was refused or is not there: trying it once more mends nothing. */
const ASKS_FOR_SECRET: readonly Cause[] = [
  "wrong_password",
  "app_password_needed",
  "password_sign_in_off",
  "sign_in_expired",
  "keychain_no_entry",
];
export const asksForSecret = (cause: Cause | undefined): boolean =>
  cause !== undefined && ASKS_FOR_SECRET.includes(cause);

/** What the button says that asks for it once more. */
export const anotherTry = (method: Method | "stored"): string =>
  method === "password" ? "Type it again" : "Sign in again";

/** A certificate that the person may trust. One that stands in between is nobody's word. */
export const mayBeTrusted = (cause: Cause): boolean => cause.startsWith("certificate_");

/** Why a certificate cannot be verified, in words beside it. */
export function whyUnverified(cause: Cause): string {
  switch (cause) {
    case "certificate_expired":
      return "It is past its time.";
    case "certificate_wrong_name":
      return "It is for another server than the one that shows it.";
    case "certificate_self_signed":
      return "The server issued it to itself. Nobody else has checked whose it is.";
    case "certificate_unknown_issuer":
      return "Your computer does not know who issued it.";
    default:
      return "It is not the certificate that this server showed before.";
  }
}

/** "**Create app password**" in pieces, bold or not. */
export function bold(text: string): { text: string; bold: boolean }[] {
  return text
    .split("**")
    .map((piece, i) => ({ text: piece, bold: i % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

/** "3A:7F:…" in lines of eight bytes, which can be read aloud. */
export function fingerprintLines(fingerprint: string): string[] {
  const bytes = fingerprint.split(":");
  const lines: string[] = [];
  for (let i = 0; i < bytes.length; i += 8) lines.push(bytes.slice(i, i + 8).join(":"));
  return lines;
}
