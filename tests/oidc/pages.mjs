// The provider's own two pages: who are you, and may this app read your mail.

const NAMES = {
  openid: "Know who you are",
  email: "See your email address",
  offline_access: "Do so while you are away",
  mail: "Read and send your mail",
};

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const page = (title, content) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<h1>${title}</h1>
${content}
</html>
`;

const login = (uid, hint, wrong) =>
  page(
    "Sign in to Example Mail",
    `${wrong ? `<p role="alert">There is no account of that name, or the password is wrong.</p>` : ""}
<form method="post" action="/interaction/${uid}">
<input type="hidden" name="step" value="login">
<label>Address <input name="login" value="${escaped(hint ?? "")}"></label>
<label>Password <input type="password" name="password" value=""></label>
<button>Sign in</button>
</form>`,
  );

const consent = (uid, account, client, scopes) =>
  page(
    `${escaped(client)} asks for permission`,
    `<p>You are signed in as ${escaped(account)}.</p>
<form method="post" action="/interaction/${uid}">
<input type="hidden" name="step" value="consent">
${scopes.map((scope) => `<label><input type="checkbox" name="scope" value="${scope}" checked> ${NAMES[scope]}</label>`).join("\n")}
<button name="answer" value="allow">Allow</button>
<button name="answer" value="cancel">Cancel</button>
</form>`,
  );

/** A function for Koa that serves them. A password is right when it is the account's name with `-pw` behind it. */
export function pages(provider, accounts, address, conduct) {
  const named = (typed) => accounts.find((name) => typed === name || typed === address(name));

  async function signIn(ctx, details) {
    const account = named(ctx.form.get("login"));
    if (!account || ctx.form.get("password") !== `${account}-pw`) {
      ctx.body = login(details.uid, ctx.form.get("login"), true);
      return;
    }
    await finish(ctx, { login: { accountId: account } });
  }

  async function agree(ctx, { grantId, session, params, prompt }) {
    if (ctx.form.get("answer") !== "allow") {
      await finish(ctx, { error: "access_denied", error_description: "The person did not agree." });
      return;
    }
    const grant =
      (grantId && (await provider.Grant.find(grantId))) ||
      new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    const wanted = prompt.details.missingOIDCScope ?? [];
    const ticked = ctx.form.getAll("scope");
    grant.addOIDCScope(wanted.filter((scope) => ticked.includes(scope)).join(" "));
    grant.rejectOIDCScope(wanted.filter((scope) => !ticked.includes(scope)).join(" "));
    grant.addOIDCClaims(prompt.details.missingOIDCClaims ?? []);
    await finish(ctx, { consent: { grantId: await grant.save() } }, true);
  }

  async function finish(ctx, result, mergeWithLastSubmission = false) {
    const to = await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission });
    ctx.status = 303;
    ctx.redirect(to);
  }

  return async (ctx, next) => {
    if (!ctx.path.startsWith("/interaction/")) return next();
    const details = await provider.interactionDetails(ctx.req, ctx.res);
    if (conduct.denial) return finish(ctx, conduct.denial);
    if (ctx.method === "POST") {
      return ctx.form.get("step") === "login" ? signIn(ctx, details) : agree(ctx, details);
    }
    const { uid, prompt, params, session } = details;
    ctx.type = "html";
    ctx.body =
      prompt.name === "login"
        ? login(uid, params.login_hint)
        : consent(uid, address(session.accountId), "Hatstand", prompt.details.missingOIDCScope ?? []);
  };
}
