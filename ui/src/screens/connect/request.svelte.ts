import type { ConnectRequest, Endpoint, Provider } from "../../lib/bindings";

/** A server as it is typed. */
export type EndpointText = { host: string; port: string; security: Endpoint["security"] };

const typed = (e: Endpoint | null, security: Endpoint["security"], port: string): EndpointText =>
  e ? { host: e.host, port: String(e.port), security: e.security } : { host: "", port, security };
const endpoint = (e: EndpointText): Endpoint => ({
  host: e.host.trim(),
  port: Number(e.port) || 0,
  security: e.security,
});

/** What a person types while connecting. It stays typed, whatever fails on the way. */
export class RequestForm {
  email = $state("");
  provider = $state.raw<Provider>();
  username = $state("");
  incoming = $state<EndpointText>(typed(null, "tls", "993"));
  outgoing = $state<EndpointText>(typed(null, "starttls", "587"));
  sends = $state(true);
  password = $state("");

  /** Takes a provider's servers, unless it is the one that was chosen already. */
  choose(provider: Provider): void {
    if (this.provider?.id === provider.id) return;
    this.provider = provider;
    const domain = this.email.split("@")[1]?.trim() ?? "";
    const guess = provider.incoming === null && domain !== "" ? `mail.${domain}` : "";
    this.incoming = typed(provider.incoming, "tls", "993");
    this.outgoing = typed(provider.outgoing, "starttls", "587");
    if (guess) this.incoming.host = this.outgoing.host = guess;
    this.sends = true;
    this.username = "";
  }

  /** "imap.gmail.com 993, smtp.gmail.com 465" */
  get servers(): string {
    const line = (e: EndpointText) => `${e.host} ${e.port}`;
    return this.sends ? `${line(this.incoming)}, ${line(this.outgoing)}` : line(this.incoming);
  }

  whole(): ConnectRequest {
    return {
      email: this.email.trim(),
      aliases: [],
      username: this.username.trim() || null,
      incoming: endpoint(this.incoming),
      outgoing: this.sends ? endpoint(this.outgoing) : null,
      provider: this.provider?.id ?? "other",
      password: this.password,
    };
  }
}
