import type {
  ConnectRequest,
  Endpoint,
  FoundServers,
  GivenSignIn,
  Provider,
  Servers,
  TrustedCertificate,
} from "../../lib/bindings";

/** A server as it is typed. */
export type EndpointText = { host: string; port: string; security: Endpoint["security"] };

const typed = (e: Endpoint | null, security: Endpoint["security"], port: string): EndpointText =>
  e ? { host: e.host, port: String(e.port), security: e.security } : { host: "", port, security };
const endpoint = (e: EndpointText): Endpoint => ({
  host: e.host.trim(),
  port: Number(e.port) || 0,
  security: e.security,
});
const line = (e: EndpointText) => `${e.host} ${e.port}`;

/** Two servers and a user name, as they are typed. */
export class ServersForm {
  username = $state("");
  incoming = $state<EndpointText>(typed(null, "tls", "993"));
  outgoing = $state<EndpointText>(typed(null, "starttls", "587"));
  sends = $state(true);
  /** What stood here before anybody typed. */
  #before = $state("");

  /** "imap.gmail.com 993, smtp.gmail.com 465" */
  get line(): string {
    return this.sends ? `${line(this.incoming)}, ${line(this.outgoing)}` : line(this.incoming);
  }
  /** Somebody changed what was filled in. */
  get changed(): boolean {
    return this.#before !== "" && this.#before !== JSON.stringify(this.servers);
  }
  get servers(): Servers {
    return {
      username: this.username.trim(),
      incoming: endpoint(this.incoming),
      outgoing: this.sends ? endpoint(this.outgoing) : null,
    };
  }
  /** Fills in what is known. */
  fill(known: { username: string | null; incoming: Endpoint; outgoing: Endpoint | null }): void {
    this.username = known.username ?? "";
    this.incoming = typed(known.incoming, "tls", "993");
    this.outgoing = typed(known.outgoing, "starttls", "587");
    this.sends = known.outgoing !== null;
    this.#before = JSON.stringify(this.servers);
  }
  /** Types over what is filled in, as a person would. */
  type(servers: Servers): void {
    this.username = servers.username;
    this.incoming = typed(servers.incoming, "tls", "993");
    this.outgoing = typed(servers.outgoing, "starttls", "587");
    this.sends = servers.outgoing !== null;
  }
}

/** What a person types while connecting. It stays typed, whatever fails on the way. */
export class RequestForm extends ServersForm {
  email = $state("");
  provider = $state.raw<Provider>();
  password = $state("");
  /** Certificates that the person trusts for this account. */
  trusted = $state.raw<readonly TrustedCertificate[]>([]);
  /** The answer of the search that stands in the fields. */
  answer = $state.raw<FoundServers>();

  /** Takes a provider's servers, unless it is the one that was chosen already. */
  choose(provider: Provider, answer?: FoundServers): void {
    if (this.provider?.id === provider.id && this.answer === answer) return;
    this.provider = provider;
    this.answer = answer;
    this.trusted = [];
    if (answer) {
      this.fill(answer);
      return;
    }
    const domain = this.email.split("@")[1]?.trim() ?? "";
    const host = domain === "" ? "" : `mail.${domain}`;
    this.fill({
      username: null,
      incoming: provider.incoming ?? { host, port: 993, security: "tls" },
      outgoing: provider.outgoing ?? { host, port: 587, security: "starttls" },
    });
  }
  /** Another address: what nobody typed is filled in anew. */
  chooseAnew(provider: Provider, answer: FoundServers | undefined): void {
    if (this.provider && this.changed && !answer) return;
    this.provider = undefined;
    this.choose(provider, answer);
  }

  whole(sign_in: GivenSignIn): ConnectRequest {
    const { username, incoming, outgoing } = this.servers;
    return {
      email: this.email.trim(),
      aliases: [],
      username: username || null,
      incoming,
      outgoing,
      provider: this.provider?.id ?? "other",
      sign_in,
      trusted: [...this.trusted],
    };
  }
}
