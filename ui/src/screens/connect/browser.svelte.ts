import { commands, type Refusal } from "../../lib/bindings";
import { asRefusal } from "../../lib/refusals";
import { newRun } from "../../lib/run";

/** How long nothing may come back before the person is asked whether the browser opened. */
const DOUBT_MS = 10_000;

const end = (run: string) => void commands.cancelCheck(run).catch(() => undefined);

/** A sign-in in the system's browser, and the next ones: only the newest is heard. */
export class BrowserRun {
  state = $state<"idle" | "opening" | "waiting" | "failed" | "back">("idle");
  link = $state("");
  /** Nothing came back for a while, or the browser could not be opened: the person may have to help. */
  doubtful = $state(false);
  opened = $state(true);
  refusal = $state.raw<Refusal>();
  /** The address that the issuer named. */
  as = $state<string | null>(null);
  /** Its name, to sign in with once it has come back. */
  run = "";
  #for: { email: string; provider: string } | undefined;
  #doubt: ReturnType<typeof setTimeout> | undefined;

  /** Opens the browser and waits; whether the person came back signed in. */
  async go(email: string, provider: string): Promise<boolean> {
    this.cancel();
    const run = (this.run = newRun());
    this.#for = { email, provider };
    this.state = "opening";
    this.refusal = undefined;
    try {
      const begun = await commands.beginBrowserSignIn(run, email, provider);
      if (run !== this.run) {
        // Given up before there was anything to end: now there is.
        end(run);
        return false;
      }
      this.link = begun.link;
      this.opened = begun.opened;
      this.doubtful = !begun.opened;
      this.state = "waiting";
      this.#doubt = setTimeout(() => (this.doubtful = true), DOUBT_MS);
      const { signed_in_as } = await commands.awaitBrowserSignIn(run);
      if (run !== this.run) return false;
      this.as = signed_in_as;
      this.state = "back";
      return true;
    } catch (thrown) {
      if (run !== this.run) return false;
      this.refusal = asRefusal(thrown);
      this.state = "failed";
      return false;
    } finally {
      if (run === this.run) clearTimeout(this.#doubt);
    }
  }
  /** Somebody has come back, signed in with this address at this provider. */
  isBack(email: string, provider: string): boolean {
    return this.state === "back" && this.#for?.email === email && this.#for.provider === provider;
  }
  /** Ends it and leaves nothing that listens; what came back is forgotten too. */
  cancel(): void {
    clearTimeout(this.#doubt);
    if (this.run && this.state !== "idle") end(this.run);
    this.run = "";
    this.#for = undefined;
    this.state = "idle";
    this.link = "";
    this.doubtful = false;
    this.opened = true;
    this.as = null;
    this.refusal = undefined;
  }
  /** What came back has been used: nothing is left to end. */
  used(): void {
    this.run = "";
    this.state = "idle";
  }
}
