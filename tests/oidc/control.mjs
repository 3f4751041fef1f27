// What a test may ask of the provider, as JSON: POST /NAME with its arguments, answered with what became of it.

import { expire, forget, given, revoke, usable } from "./memory.mjs";

/** A request listener for the port of the test alone. */
export function control(conduct) {
  const acts = {
    lifetimes: ({ access, refresh }) => {
      conduct.lifetimes.access = access ?? conduct.lifetimes.access;
      conduct.lifetimes.refresh = refresh ?? conduct.lifetimes.refresh;
    },
    rotation: ({ on }) => {
      conduct.rotates = on;
    },
    refuse: ({ endpoint, status, body }) => {
      conduct.refusals[endpoint] = { status, body };
    },
    accept: ({ endpoint }) => {
      delete conduct.refusals[endpoint];
    },
    deny: ({ error, error_description }) => {
      conduct.denial = { error, error_description };
    },
    "stop-denying": () => {
      conduct.denial = undefined;
    },
    hold: ({ endpoint }) => conduct.hold(endpoint),
    release: ({ endpoint }) => conduct.release(endpoint),
    waiting: ({ endpoint }) => conduct.waiting(endpoint),
    usable: ({ account, model }) => usable(account, model).length,
    revoke: ({ account, model }) => revoke(account, model),
    expire: ({ account, model }) => expire(account, model),
    forget: ({ account }) => forget(account),
    given: () => [...given],
    requests: ({ since }) => conduct.requests.slice(since ?? 0),
  };

  return async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const act = acts[request.url.slice(1)];
    response.statusCode = act ? 200 : 404;
    response.setHeader("content-type", "application/json");
    const answer = act?.(JSON.parse(Buffer.concat(chunks).toString() || "{}"));
    response.end(JSON.stringify(answer ?? null));
  };
}
