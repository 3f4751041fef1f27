// How the provider behaves, which a test may change, and what was asked of it. No token is ever written down.

const ENDPOINTS = { "/token": "token", "/introspect": "introspection", "/token/revocation": "revocation" };

/** Lifetimes in seconds, refusals, held answers, and the list of requests. */
export class Conduct {
  lifetimes = { access: 3600, refresh: 14 * 24 * 3600 };
  rotates = true;
  /** By endpoint: `{status, body}` to answer instead. */
  refusals = {};
  /** What the browser is sent back with instead of a code: `{error, error_description}`. */
  denial = undefined;
  requests = [];
  /** By endpoint: the requests that wait for their answer, when answers are held. */
  #held = {};

  /** Answers to this endpoint wait from now on until `release`. */
  hold(endpoint) {
    this.#held[endpoint] ??= [];
  }

  release(endpoint) {
    const held = this.#held[endpoint] ?? [];
    delete this.#held[endpoint];
    for (const go of held) go();
  }

  /** How many requests wait at an endpoint. */
  waiting(endpoint) {
    return this.#held[endpoint]?.length ?? 0;
  }

  /** Koa's outermost function: reads the form, holds, refuses, and writes down what came of the request. */
  async watch(ctx, next) {
    const endpoint = ENDPOINTS[ctx.path];
    ctx.form = await form(ctx);
    const held = endpoint && this.#held[endpoint];
    if (held) {
      const gone = await new Promise((resolve) => {
        const go = () => resolve(false);
        held.push(go);
        ctx.res.once("close", () => {
          if (held.includes(go)) held.splice(held.indexOf(go), 1);
          resolve(true);
        });
      });
      // Who has hung up gets nothing, and nothing is used up for them.
      if (gone) return void this.#note(ctx, endpoint, "given up");
    }
    const refusal = endpoint && this.refusals[endpoint];
    if (refusal) {
      ctx.status = refusal.status;
      ctx.body = refusal.body;
    } else {
      await next();
    }
    this.#note(ctx, endpoint, ctx.body?.error);
  }

  #note(ctx, endpoint, error) {
    this.requests.push({
      method: ctx.method,
      // An interaction's path carries its id, which a cookie repeats: no secret by itself.
      path: ctx.path,
      endpoint,
      grant: endpoint === "token" ? (ctx.form?.get("grant_type") ?? undefined) : undefined,
      active: endpoint === "introspection" ? ctx.body?.active : undefined,
      status: ctx.status,
      error,
    });
  }
}

async function form(ctx) {
  if (ctx.method !== "POST" || !ctx.is("urlencoded")) return undefined;
  const chunks = [];
  for await (const chunk of ctx.req) chunks.push(chunk);
  // oidc-provider takes what was read already from here.
  ctx.req.body = Buffer.concat(chunks).toString();
  return new URLSearchParams(ctx.req.body);
}
