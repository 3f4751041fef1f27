// Everything that the provider keeps, in one map, so that a test can take tokens away or let them run out.

const TOKENS = ["AccessToken", "RefreshToken"];
const kept = new Map();
/** Every code and token that was ever given out: a test looks where they must not be. */
export const given = new Set();

const now = () => Math.floor(Date.now() / 1000);

/** The adapter that oidc-provider asks for: one for each kind of thing. */
export class Memory {
  constructor(model) {
    this.model = model;
  }

  #key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    kept.set(this.#key(id), payload);
    // They are opaque, so their name is their value.
    if ([...TOKENS, "AuthorizationCode"].includes(this.model)) given.add(id);
  }

  async find(id) {
    return kept.get(this.#key(id));
  }

  async findByUid(uid) {
    return [...kept.values()].find((payload) => payload.kind === this.model && payload.uid === uid);
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    kept.get(this.#key(id)).consumed = now();
  }

  async destroy(id) {
    kept.delete(this.#key(id));
  }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of kept) {
      if (payload.grantId === grantId) kept.delete(key);
    }
  }
}

/** Tokens that an account could still use; all kinds when `model` is not given. */
export function usable(account, model) {
  return [...kept].filter(
    ([, payload]) =>
      (model ? payload.kind === model : TOKENS.includes(payload.kind)) &&
      payload.accountId === account &&
      !payload.consumed &&
      payload.exp > now(),
  );
}

/** Forgets an account's tokens of a kind, as after a revocation. Answers how many. */
export function revoke(account, model) {
  const tokens = usable(account, model);
  for (const [key] of tokens) kept.delete(key);
  return tokens.length;
}

/** Ends the time of an account's tokens of a kind. Answers how many. */
export function expire(account, model) {
  const tokens = usable(account, model);
  for (const [, payload] of tokens) payload.exp = now() - 1;
  return tokens.length;
}

/** What an account does that takes its permission back at the provider's page: sessions, grants and tokens go. */
export function forget(account) {
  for (const [key, payload] of kept) {
    if (payload.accountId === account) kept.delete(key);
  }
}
