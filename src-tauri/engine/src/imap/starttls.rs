//! The plain talk before TLS.

use super::capabilities::Capabilities;
use super::causes;
use crate::model::{Cause, Failure};
use crate::net::{Lines, Stream, clean, not_a_mail_server};

/// Hears the greeting; the capabilities in it, where it names them.
pub(crate) async fn greeting(lines: &mut Lines) -> Result<Option<Capabilities>, Failure> {
    let greeting = lines.line().await?;
    match greeting.strip_prefix("* ").map(|rest| rest.split_once(' ').unwrap_or((rest, ""))) {
        Some((word, text)) if word.eq_ignore_ascii_case("OK") => {
            let code = text.strip_prefix("[CAPABILITY ").and_then(|code| code.split_once(']'));
            Ok(code.map(|(words, _)| Capabilities::of_words(words)))
        }
        Some((word, text)) if word.eq_ignore_ascii_case("BYE") => {
            Err(Failure::said(causes::bye(text), clean(&greeting, &[])))
        }
        // "You are signed in already": then STARTTLS is not allowed any more, which is what it is said for.
        Some((word, _)) if word.eq_ignore_ascii_case("PREAUTH") => {
            Err(Failure::said(Cause::StandsInBetween, clean(&greeting, &[])))
        }
        _ => Err(not_a_mail_server(greeting.as_bytes())),
    }
}

/// Hears the greeting and talks up to the point where TLS begins (RFC 9051, section 6.2.1). Nothing said here counts
/// afterwards.
pub(crate) async fn starttls(stream: Stream) -> Result<Stream, Failure> {
    let mut lines = Lines::new(stream);
    let offered = greeting(&mut lines).await?;
    let offered = match offered {
        Some(offered) => offered,
        None => asked_in_clear(&mut lines).await?,
    };
    if !offered.starttls() {
        return Err(Failure::said(Cause::TlsNotOffered, "STARTTLS is not among what the server offers."));
    }
    lines.send("S2 STARTTLS").await?;
    let reply = tagged(&mut lines, "S2 ", |_| {}).await?;
    if reply.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("OK")) {
        return lines.into_bare();
    }
    Err(Failure::said(Cause::TlsNotOffered, clean(&reply, &[])))
}

async fn asked_in_clear(lines: &mut Lines) -> Result<Capabilities, Failure> {
    let mut offered = Capabilities::default();
    lines.send("S1 CAPABILITY").await?;
    let reply = tagged(lines, "S1 ", |line| {
        if let Some(words) = line.strip_prefix("* CAPABILITY ") {
            offered = Capabilities::of_words(words);
        }
    });
    reply.await?;
    Ok(offered)
}

/// The rest of the tagged line.
async fn tagged(lines: &mut Lines, tag: &str, mut each: impl FnMut(&str)) -> Result<String, Failure> {
    for _ in 0..100 {
        let line = lines.line().await?;
        if let Some(rest) = line.strip_prefix(tag) {
            return Ok(rest.to_owned());
        }
        if let Some(text) = line.strip_prefix("* BYE ") {
            return Err(Failure::said(causes::bye(text), clean(&line, &[])));
        }
        each(&line);
    }
    Err(Failure::said(Cause::NotAMailServer, "The server does not answer what it was asked."))
}
