//! The provider, the mail server and the person work together as they do outside, before any app is involved.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hatstand_tests::dovecot::{Dovecot, DovecotOptions, SignIn};
use hatstand_tests::http::{self, Reply};
use hatstand_tests::oidc::{CLIENT, Count, Endpoint, Oidc, SCOPES, Token};
use hatstand_tests::pair::{NORA, Pair, PairOptions};
use hatstand_tests::person::{Answer, Person, parameter};
use hatstand_tests::programs::PAUSE;
use hatstand_tests::smtp::Smtp;
use hatstand_tests::trouble::{Doing, Outcome};
use hatstand_tests::wire::Wire;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

const VERIFIER: &str = "a-verifier-of-more-than-forty-three-letters-0123456789";
const STATE: &str = "state-of-this-one";

/// What an app does by hand: a listener on a port of the system's choice, and the link.
struct App {
    listener: TcpListener,
    redirect: String,
    link: String,
}

impl App {
    fn new(provider: &Oidc) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let redirect = format!("http://127.0.0.1:{}/callback", listener.local_addr()?.port());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut link = provider.url("/auth")?;
        link.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", CLIENT)
            .append_pair("redirect_uri", &redirect)
            .append_pair("scope", &SCOPES.join(" "))
            .append_pair("state", STATE)
            .append_pair("prompt", "consent")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(Self { link: link.into(), listener, redirect })
    }

    /// Answers the first request with a page, and hands out its target.
    fn listen(&self) -> Outcome<Receiver<String>> {
        let listener = self.listener.try_clone()?;
        let (send, targets) = channel();
        std::thread::spawn(move || {
            // Each on its own: a browser's spare connection says nothing, and must not hold up the other.
            for mut stream in listener.incoming().flatten().take(2) {
                let send = send.clone();
                std::thread::spawn(move || {
                    let mut head = [0; 4096];
                    let length = stream.read(&mut head).unwrap_or_default();
                    let head = String::from_utf8_lossy(&head[..length]).into_owned();
                    if let Some(target) = head.split(' ').nth(1) {
                        let page = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nall done";
                        stream.write_all(page).is_ok().then(|| send.send(target.to_owned()))
                    } else {
                        None
                    }
                });
            }
        });
        Ok(targets)
    }

    fn exchange(&self, provider: &Oidc, code: &str) -> Outcome<Reply> {
        tokens(
            provider,
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &self.redirect),
                ("code_verifier", VERIFIER),
            ],
        )
    }
}

fn tokens(provider: &Oidc, fields: &[(&str, &str)]) -> Outcome<Reply> {
    let mut all = vec![("client_id".to_owned(), CLIENT.to_owned())];
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    http::post_form(&provider.url("/token")?, &[], &all)
}

fn refresh(provider: &Oidc, token: &str) -> Outcome<Reply> {
    tokens(provider, &[("grant_type", "refresh_token"), ("refresh_token", token)])
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The tokens of somebody who agrees.
fn agreed(provider: &Oidc, account: &str, answer: Answer) -> Outcome<Value> {
    let app = App::new(provider)?;
    let callback = Person::named(account).answers(&app.link, answer)?;
    app.exchange(provider, &parameter(&callback, "code").doing("a code in the callback")?)?.json()
}

fn pair() -> Outcome<(Oidc, Dovecot)> {
    let provider = Oidc::start(&["anna", "ben"])?;
    let options = DovecotOptions {
        introspection: Some(provider.introspection_url()),
        ..DovecotOptions::with_user("anna", "secret")
    };
    Ok((provider, Dovecot::start(options)?))
}

/// What the mail server says to a token; empty when it lets it in.
fn signed_in(server: &Dovecot, user: &str, token: &str) -> Outcome<String> {
    let mut wire = Wire::tls(server.imaps, server.authority().client_config()?)?;
    Ok(wire.xoauth2(user, token).err().map(|trouble| trouble.to_string()).unwrap_or_default())
}

#[test]
fn the_outgoing_server_takes_the_token_too() -> Outcome<()> {
    let provider = Oidc::start(&["anna"])?;
    let introspection = Some(provider.introspection_url());
    let pair = Pair::with(PairOptions { introspection, ..PairOptions::default() })?;
    let given = agreed(&provider, "anna", Answer::Agree)?;
    let tls = || Smtp::tls(pair.postfix.submissions, pair.dovecot.authority().client_config()?);
    let mut smtp = tls()?;
    assert_eq!(smtp.xoauth2("anna@oauth.example", "wrong")?.code, 535);
    smtp.xoauth2("anna@oauth.example", text(&given, "access_token"))?.done()?;
    smtp.send("anna@oauth.example", NORA, b"Subject: By token\r\n\r\nHi.\r\n")?;
    pair.client("nora")?.wait_for_subject("By token")?;
    // Somebody who has no password here receives too.
    Smtp::plain(pair.postfix.plain)?.send(NORA, "ben@oauth.example", b"Subject: Hi\r\n\r\nHi.\r\n")?;
    let log = "status=sent (250 2.0.0 <ben@oauth.example>";
    let deadline = Instant::now() + Duration::from_secs(30);
    while !pair.postfix.log().contains(log) {
        assert!(Instant::now() < deadline, "{}", pair.postfix.log());
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

#[test]
fn a_person_agrees_and_the_mail_server_takes_the_token() -> Outcome<()> {
    let (provider, server) = pair()?;
    let app = App::new(&provider)?;
    let listening = app.listen()?;
    let mut anna = Person::named("anna");
    let page = anna.agrees_to(&app.link)?;
    assert_eq!((page.status, page.html.as_str()), (200, "all done"));
    let target = listening.recv()?;
    let callback = Url::parse(&app.redirect)?.join(&target)?;
    assert_eq!(parameter(&callback, "state").as_deref(), Some(STATE));
    assert_eq!(parameter(&callback, "iss"), Some(provider.issuer()));
    let code = parameter(&callback, "code").doing("a code in the callback")?;

    let given = app.exchange(&provider, &code)?.json()?;
    assert_eq!(text(&given, "scope"), SCOPES.join(" "));
    let claims = text(&given, "id_token").split('.').nth(1).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    assert_eq!(text(&claims, "email"), "anna@oauth.example");

    let mark = server.mark()?;
    let access = text(&given, "access_token");
    assert_eq!(signed_in(&server, "anna@oauth.example", access)?, "");
    let mut wire = Wire::tls(server.imaps, server.authority().client_config()?)?;
    wire.oauthbearer("anna", access)?;
    wire.examine("INBOX")?;
    let mut wire = Wire::tls(server.imaps, server.authority().client_config()?)?;
    wire.login("anna", "secret")?;
    // The rig's own, in the clear, does not count.
    server.append("anna", "INBOX", b"Subject: x\r\n\r\nx\r\n", None)?;
    let attempt = |mechanism: &str, accepted| SignIn {
        user: "anna".to_owned(),
        mechanism: mechanism.to_owned(),
        accepted,
    };
    assert_eq!(
        server.sign_ins(mark)?,
        [attempt("XOAUTH2", true), attempt("OAUTHBEARER", true), attempt("PLAIN", true)]
    );

    // Somebody else's token, and none at all.
    let mark = server.mark()?;
    let refused = signed_in(&server, "ben", access)?;
    assert!(refused.contains("AUTHENTICATIONFAILED"), "{refused}");
    let refused = signed_in(&server, "anna", "made-up")?;
    assert!(refused.contains("AUTHENTICATIONFAILED") && refused.contains("\"status\":\"401\""), "{refused}");
    let mut wire = Wire::tls(server.imaps, server.authority().client_config()?)?;
    let refused = wire.oauthbearer("anna", "made-up").err().map(|it| it.to_string()).unwrap_or_default();
    assert!(refused.contains("invalid_token"), "{refused}");
    let seen = server.sign_ins(mark)?;
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[1..], [attempt("XOAUTH2", false), attempt("OAUTHBEARER", false)]);

    // A code works once, and its reuse takes the tokens with it.
    let again = app.exchange(&provider, &code)?;
    assert_eq!((again.status, text(&again.json()?, "error")), (400, "invalid_grant"));
    assert_eq!(provider.usable("anna", Token::Access)?, 0);
    assert!(!provider.log().contains(access) && !server.log().contains(access), "a token in a log");
    Ok(())
}

#[test]
fn refresh_tokens_rotate_and_a_stolen_one_ends_the_permission() -> Outcome<()> {
    let (provider, server) = pair()?;
    let first = agreed(&provider, "anna", Answer::Agree)?;
    let second = refresh(&provider, text(&first, "refresh_token"))?.json()?;
    assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"));
    assert_eq!(signed_in(&server, "anna", text(&second, "access_token"))?, "");

    let reused = refresh(&provider, text(&first, "refresh_token"))?;
    assert_eq!((reused.status, text(&reused.json()?, "error")), (400, "invalid_grant"));
    let after = refresh(&provider, text(&second, "refresh_token"))?;
    assert_eq!((after.status, text(&after.json()?, "error")), (400, "invalid_grant"));
    assert_eq!(provider.count("refresh_token")?, Count { asked: 3, refused: 2 });
    assert_eq!(provider.count("authorization_code")?, Count { asked: 1, refused: 0 });

    // Google's do not rotate.
    provider.set_rotation(false)?;
    let given = agreed(&provider, "ben", Answer::Agree)?;
    let token = text(&given, "refresh_token");
    assert_eq!(refresh(&provider, token)?.status, 200);
    assert_eq!(refresh(&provider, token)?.status, 200);
    Ok(())
}

#[test]
fn tokens_run_out_and_are_taken_away() -> Outcome<()> {
    let (provider, server) = pair()?;
    let given = agreed(&provider, "anna", Answer::Agree)?;
    assert_eq!(given["expires_in"], 3600);
    assert_eq!(provider.expire("anna", Token::Access)?, 1);
    assert!(signed_in(&server, "anna", text(&given, "access_token"))?.contains("AUTHENTICATIONFAILED"));

    provider.set_lifetime(Token::Access, 90)?;
    let next = refresh(&provider, text(&given, "refresh_token"))?.json()?;
    assert_eq!(next["expires_in"], 90);
    assert_eq!(signed_in(&server, "anna", text(&next, "access_token"))?, "");
    assert_eq!(provider.revoke("anna", Token::Access)?, 1);
    assert!(signed_in(&server, "anna", text(&next, "access_token"))?.contains("AUTHENTICATIONFAILED"));
    let asked: Vec<Option<bool>> = provider
        .requests(0)?
        .iter()
        .filter(|request| request.endpoint == Some(Endpoint::Introspection))
        .map(|request| request.active)
        .collect();
    assert_eq!(asked, [Some(false), Some(true), Some(false)]);

    assert_eq!(provider.usable("anna", Token::Refresh)?, 1);
    assert_eq!(provider.revoke("anna", Token::Refresh)?, 1);
    let refused = refresh(&provider, text(&next, "refresh_token"))?;
    assert_eq!((refused.status, text(&refused.json()?, "error")), (400, "invalid_grant"));

    let given = agreed(&provider, "ben", Answer::Agree)?;
    provider.forget("ben")?;
    assert_eq!(refresh(&provider, text(&given, "refresh_token"))?.status, 400);
    // An app that gives its token back.
    let given = agreed(&provider, "ben", Answer::Agree)?;
    let back = [("token", text(&given, "refresh_token")), ("client_id", CLIENT)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(http::post_form(&provider.url("/token/revocation")?, &[], &back)?.status, 200);
    assert_eq!(provider.usable("ben", Token::Refresh)?, 0);
    Ok(())
}

#[test]
fn a_person_may_refuse_be_somebody_else_or_keep_the_mail_back() -> Outcome<()> {
    let (provider, server) = pair()?;
    let app = App::new(&provider)?;
    let listening = app.listen()?;
    let page = Person::named("anna").refuses(&app.link)?;
    assert_eq!(page.html, "all done");
    let target = listening.recv()?;
    assert!(target.contains("error=access_denied") && target.contains(STATE), "{target}");

    // The same browser knows who has signed in, and asks for permission alone.
    let mut ben = Person::named("ben");
    assert!(ben.opens(&app.link)?.html.contains("name=\"password\""));
    let callback = ben.answers(&app.link, Answer::Agree)?;
    let given = app.exchange(&provider, &parameter(&callback, "code").doing("a code")?)?.json()?;
    assert!(signed_in(&server, "anna", text(&given, "access_token"))?.contains("AUTHENTICATIONFAILED"));
    assert!(ben.opens(&app.link)?.html.contains("signed in as ben@oauth.example"));
    assert!(Person::named("nobody").answers(&app.link, Answer::Agree).is_err());

    let given = agreed(&provider, "anna", Answer::AgreeWithoutMail)?;
    assert_eq!(text(&given, "scope"), "openid email offline_access");
    assert!(signed_in(&server, "anna", text(&given, "access_token"))?.contains("AUTHENTICATIONFAILED"));

    provider.deny("temporarily_unavailable", "Come back later.")?;
    let callback = Person::named("anna").answers(&app.link, Answer::Agree)?;
    assert_eq!(parameter(&callback, "error").as_deref(), Some("temporarily_unavailable"));
    provider.stop_denying()?;

    // Nothing comes of a link without PKCE, or to another path.
    let plain = app.link.replace("code_challenge_method=S256", "code_challenge_method=plain");
    let callback = Person::named("anna").answers(&plain, Answer::Agree)?;
    assert_eq!(parameter(&callback, "error").as_deref(), Some("invalid_request"));
    let elsewhere = app.link.replace("%2Fcallback", "%2Felsewhere");
    assert_eq!(Person::named("anna").opens(&elsewhere)?.status, 400);
    Ok(())
}

#[test]
fn a_provider_in_trouble_is_no_refusal() -> Outcome<()> {
    let (provider, server) = pair()?;
    let given = agreed(&provider, "anna", Answer::Agree)?;
    let access = text(&given, "access_token");
    provider.be_unavailable(Endpoint::Introspection)?;
    let mark = server.mark()?;
    let said = signed_in(&server, "anna", access)?;
    // Dovecot 2.3 by its response code, 2.4 by the status in the challenge.
    assert!(said.contains("[UNAVAILABLE]") || said.contains("\"status\":\"500\""), "{said}");
    assert_eq!(server.sign_ins(mark)?.iter().map(|it| it.accepted).collect::<Vec<_>>(), [false]);
    provider.accept(Endpoint::Introspection)?;
    assert_eq!(signed_in(&server, "anna", access)?, "");

    let token = text(&given, "refresh_token").to_owned();
    provider.be_unavailable(Endpoint::Token)?;
    assert_eq!(refresh(&provider, &token)?.status, 503);
    provider.refuse_grants()?;
    assert_eq!(text(&refresh(&provider, &token)?.json()?, "error"), "invalid_grant");
    provider.accept(Endpoint::Token)?;

    // An answer that is held comes when it is released, and the token was not used up before.
    provider.hold(Endpoint::Token)?;
    let before = provider.requests(0)?.len();
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| refresh(&provider, &token));
        provider.wait_for_waiting(Endpoint::Token, 1)?;
        assert_eq!(provider.requests(before)?, []);
        provider.release(Endpoint::Token)?;
        assert_eq!(asking.join().ok().doing("the refresh")??.status, 200);
        Outcome::Ok(())
    })?;
    assert_eq!(provider.requests(before)?.len(), 1);
    Ok(())
}

#[test]
fn the_app_is_told_of_the_provider_by_a_file() -> Outcome<()> {
    let (provider, server) = pair()?;
    let folder = tempfile::tempdir()?;
    provider.write_providers(&folder.path().join("data"), &server)?;
    let written: Value = serde_json::from_slice(&std::fs::read(folder.path().join("data/providers.json"))?)?;
    let endpoint = Url::parse(text(&written["issuers"][0], "token_endpoint"))?;
    assert_eq!(http::get(&endpoint, &[])?.status, 404, "the token endpoint takes POST alone");
    assert_eq!(written["providers"][0]["imap"], serde_json::json!(["127.0.0.1", server.imaps, "tls"]));
    Ok(())
}
