// The live checks of connecting and reconnecting, as the engine would tell them.
import { emit } from "@tauri-apps/api/event";
import type { AccountRow, CheckStep, GivenSignIn, Refusal, TrustedCertificate } from "../src/lib/bindings";
import * as accounts from "./accounts";

export const refusal = (
  sentence: string,
  field: string | null = null,
  server_said: string | null = null,
): Refusal => ({ code: "refused", sentence, field, server_said });
export const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

const NAMES = [
  "server_found",
  "secure_connection",
  "signed_in",
  "folders_read",
  "sending_works",
  "saved",
] as const;
const blank = (): CheckStep[] =>
  NAMES.map((name) => ({ name, state: "todo", detail: null, milliseconds: null, failure: null }));
const TOOK = [104, 212, 410, 305, 520, 31];

/** What the checks know of each other: certificates that are trusted by now, and runs that were stopped. */
export function checks() {
  const trusted = new Set<string>();
  const cancelled = new Set<string>();

  /** The password says what becomes of it: fast, stay (for ever), wrong, cert (a certificate that needs a word). */
  async function checklist(
    run: string,
    given: GivenSignIn,
    trusts: TrustedCertificate[],
    host: string,
  ): Promise<void> {
    const password = given.kind === "password" ? given.password : "";
    trusts.forEach((t) => trusted.add(t.fingerprint));
    const details = [host, "Certificate valid until March 2027", null, "Inbox, Sent, Archive", null, null];
    const steps = blank();
    const fail = async (i: number, why: ReturnType<typeof accounts.failure>) => {
      const milliseconds = TOOK[i] ?? 0;
      steps[i] = { ...(steps[i] as CheckStep), state: "failed", detail: null, milliseconds, failure: why };
      await emit("checklist", { run, steps: structuredClone(steps) });
      throw refusal(why.sentence, null, why.server_said);
    };
    for (const [i, step] of steps.entries()) {
      steps[i] = { ...step, state: "running", detail: details[i] ?? null };
      await emit("checklist", { run, steps: structuredClone(steps) });
      if (password === "stay" && i === 3) return new Promise(() => undefined);
      await wait(password === "fast" ? 5 : 260);
      if (cancelled.has(run)) throw refusal("Stopped.");
      if (step.name === "secure_connection" && password === "cert" && trusted.size === 0)
        await fail(
          i,
          accounts.failure(
            "certificate_wrong_name",
            "The mail server’s certificate is for another name, so Hatstand sent it no password.",
            "Look at the server’s name under Other settings, or ask whoever runs the server.",
            { certificate: accounts.certificate },
          ),
        );
      if (step.name === "signed_in" && password === "wrong")
        await fail(
          i,
          accounts.failure(
            "app_password_needed",
            "Yahoo wants an app password here, not your usual one.",
            "Make an app password at Yahoo and type it here.",
            {
              server_said: "NO [AUTHENTICATIONFAILED] Invalid credentials",
              page: { id: "yahoo/password", label: "Open Account security" },
            },
          ),
        );
      steps[i] = {
        ...step,
        state: "done",
        detail: details[i] ?? null,
        milliseconds: TOOK[i] ?? 0,
      };
    }
    await emit("checklist", { run, steps: structuredClone(steps) });
  }
  /** The first two lines, without signing in. */
  async function look(run: string, box: AccountRow, slowly: boolean): Promise<void> {
    const cause = trusted.size > 0 ? undefined : box.failure?.cause;
    const steps = blank();
    for (const i of [0, 1]) {
      steps[i] = { ...(steps[i] as CheckStep), state: "running" };
      await emit("checklist", { run, steps: structuredClone(steps) });
      await wait(slowly ? 900 : 60);
      if ((i === 0 && cause === "timed_out") || (i === 1 && cause?.startsWith("certificate_"))) {
        steps[i] = { ...(steps[i] as CheckStep), state: "failed", milliseconds: TOOK[i] ?? 0 };
        break;
      }
      const detail = i === 0 ? box.incoming_host : "Certificate valid until March 2027";
      steps[i] = { ...(steps[i] as CheckStep), state: "done", detail, milliseconds: TOOK[i] ?? 0 };
    }
    await emit("checklist", { run, steps: structuredClone(steps) });
  }

  return { trusted, cancelled, checklist, look };
}
