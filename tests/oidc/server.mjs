// The OpenID provider of the tests: npm's certified oidc-provider on loopback, with accounts that are made up,
// and a second port on which a test looks at it and changes what it does. tests/src/oidc.rs starts it.
//
// Environment: OIDC_PORT, OIDC_CONTROL_PORT, OIDC_ACCOUNTS (names, with commas between), OIDC_DOMAIN (of their
// addresses). Writes one line to standard output once both ports answer; everything else goes to standard error.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

import Provider from "oidc-provider";

import { control } from "./control.mjs";
import { Conduct } from "./conduct.mjs";
import { Memory } from "./memory.mjs";
import { pages } from "./pages.mjs";

console.log = console.info = console.error;

const port = Number(process.env.OIDC_PORT);
const accounts = process.env.OIDC_ACCOUNTS.split(",");
const address = (account) => `${account}@${process.env.OIDC_DOMAIN}`;

const conduct = new Conduct();
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: Memory,
  clients: [
    {
      client_id: "hatstand",
      client_name: "Hatstand",
      // RFC 8252: an app on a computer keeps no secret, and its loopback port is another each time.
      application_type: "native",
      token_endpoint_auth_method: "none",
      redirect_uris: ["http://127.0.0.1/callback", "http://localhost/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      id_token_signed_response_alg: "ES256",
    },
  ],
  scopes: ["openid", "offline_access", "mail"],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  // Google and Microsoft put the address into the ID token, so that nobody has to ask for it.
  conformIdTokenClaims: false,
  findAccount: (_, name) =>
    accounts.includes(name) && {
      accountId: name,
      claims: () => ({ sub: name, email: address(name), email_verified: true }),
    },
  pkce: { required: () => true },
  rotateRefreshToken: () => conduct.rotates,
  ttl: {
    AccessToken: () => conduct.lifetimes.access,
    RefreshToken: () => conduct.lifetimes.refresh,
    AuthorizationCode: 60,
    Grant: 14 * 24 * 3600,
    IdToken: 3600,
    Interaction: 3600,
    Session: 14 * 24 * 3600,
  },
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", kid: "tests" }] },
  cookies: { keys: [randomUUID()] },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});

provider.use((ctx, next) => conduct.watch(ctx, next));
provider.use(pages(provider, accounts, address, conduct));
provider.use(introspection);

// RFC 7662, in the form that Dovecot reads: from the tokens that this provider has given out and still holds.
async function introspection(ctx, next) {
  if (ctx.path !== "/introspect") return next();
  const token = await provider.AccessToken.find(ctx.form?.get("token") ?? "");
  const active = Boolean(token?.isValid && token.scopes.has("mail"));
  ctx.body = active ? { active, username: token.accountId } : { active };
}

const open = createServer(provider.callback()).listen(port, "127.0.0.1");
const hidden = createServer(control(conduct)).listen(Number(process.env.OIDC_CONTROL_PORT), "127.0.0.1");
await Promise.all([once(open, "listening"), once(hidden, "listening")]);
process.stdout.write("ready\n");
