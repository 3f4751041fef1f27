//! SASL (RFC 4422) by the four mechanisms that sign people in: what is sent, what a challenge is answered, and
//! what of it must never be shown. IMAP and SMTP carry the same exchange on lines of their own.

use crate::model::Cause;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::VecDeque;
use zeroize::Zeroizing;

/// One exchange: the client's answers in their order, and what ends it when the server asks for more.
#[derive(Debug)]
pub struct Exchange {
    mechanism: &'static str,
    answers: VecDeque<Zeroizing<String>>,
    /// May the first answer stand on the line of the command?
    first_at_once: bool,
    /// The answer to the challenge that none is left for.
    end: Option<&'static str>,
    bearer: bool,
    refusal: Option<Refusal>,
    secrets: Vec<String>,
}

/// What a server says of a token that it refuses, before it ends the exchange (RFC 7628, section 3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The challenge decoded: a piece of JSON.
    pub words: String,
    /// Where it says more than "this token is no good".
    pub cause: Option<Cause>,
}

impl Exchange {
    /// PLAIN (RFC 4616).
    pub fn plain(username: &str, password: &str) -> Self {
        let message = format!("\0{username}\0{password}");
        Self::new("PLAIN", &[&message], Some("*"), false, password)
    }

    /// LOGIN, which nothing standardises: the server asks for the name, then for the password.
    pub fn login(username: &str, password: &str) -> Self {
        let exchange = Self::new("LOGIN", &[username, password], Some("*"), false, password);
        Self { first_at_once: false, ..exchange }
    }

    /// OAUTHBEARER (RFC 7628). `host` and `port` are those that were connected to.
    pub fn oauthbearer(username: &str, token: &str, host: &str, port: u16) -> Self {
        // A saslname (RFC 5801, section 4): the comma ends it.
        let name = username.replace('=', "=3D").replace(',', "=2C");
        let host = super::dial::ascii_host(host).unwrap_or_default();
        let message = format!("n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01");
        Self::new("OAUTHBEARER", &[&message], Some("AQ=="), true, token)
    }

    /// XOAUTH2, Google's and Microsoft's forerunner of OAUTHBEARER.
    pub fn xoauth2(username: &str, token: &str) -> Self {
        let message = format!("user={username}\x01auth=Bearer {token}\x01\x01");
        Self::new("XOAUTH2", &[&message], Some(""), true, token)
    }

    fn new(
        mechanism: &'static str,
        messages: &[&str],
        end: Option<&'static str>,
        bearer: bool,
        secret: &str,
    ) -> Self {
        let encoded = messages.iter().map(|message| Zeroizing::new(STANDARD.encode(message)));
        let answers: VecDeque<_> = encoded.collect();
        let mut secrets = forms(secret);
        secrets.extend(answers.iter().map(|answer| answer.to_string()));
        // The whole before its parts, or a part that was taken out would leave the rest unknown.
        secrets.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Self { mechanism, answers, first_at_once: true, end, bearer, refusal: None, secrets }
    }

    /// The command after `verb` (`AUTH`, `AUTHENTICATE`). Its first answer stands on the same line where the
    /// server takes that (`at_once`) and the line stays within `longest` bytes.
    pub fn command(&mut self, verb: &str, at_once: bool, longest: usize) -> Zeroizing<String> {
        let bare = format!("{verb} {}", self.mechanism);
        match self.answers.front() {
            Some(first) if at_once && self.first_at_once && bare.len() + 1 + first.len() <= longest => {
                let whole = Zeroizing::new(format!("{bare} {}", **first));
                self.answers.pop_front();
                whole
            }
            _ => Zeroizing::new(bare),
        }
    }

    /// The line that answers a challenge (base64). `None`: the server asks without end.
    pub fn answer(&mut self, challenge: &str) -> Option<Zeroizing<String>> {
        if let Some(next) = self.answers.pop_front() {
            return Some(next);
        }
        if self.bearer && self.refusal.is_none() {
            self.refusal = Refusal::parse(challenge);
        }
        self.end.take().map(|end| Zeroizing::new(end.to_owned()))
    }

    /// Whether a token is what is shown to the server.
    pub const fn bearer(&self) -> bool {
        self.bearer
    }

    /// What the server said of a token that it refused.
    pub const fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The secret in every form in which a server may echo it, for [`super::clean`].
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }
}

impl Refusal {
    fn parse(challenge: &str) -> Option<Self> {
        let bytes = STANDARD.decode(challenge.trim()).ok().filter(|bytes| !bytes.is_empty())?;
        let words = String::from_utf8_lossy(&bytes).into_owned();
        let json: serde_json::Value = serde_json::from_str(&words).unwrap_or_default();
        let status = match &json["status"] {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        // Google and Dovecot give HTTP's number. 5xx: the server could not ask whether the token is good.
        let later = (status.len() == 3 && status.starts_with('5'))
            || ["temporarily_unavailable", "server_error"].contains(&status.as_str());
        Some(Self { words, cause: later.then_some(Cause::TryLater) })
    }
}

/// Whether a user name and a password can be sent: NUL separates them, a line's end would begin a command.
pub fn fits_password(username: &str, password: &str) -> bool {
    ![username, password].iter().any(|text| text.contains(['\r', '\n', '\0']))
}

/// Whether a user name and a token can be sent: a token is visible ASCII (RFC 6750, section 2.1), and control
/// characters separate the parts.
pub fn fits_token(username: &str, token: &str) -> bool {
    !username.contains(|c: char| c.is_control())
        && !token.is_empty()
        && token.bytes().all(|b| b.is_ascii_graphic())
}

/// A secret as it is, and in base64 wherever it may begin within a longer message.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for before in 0..3 {
        let bytes = [&[0; 2][..before], secret.as_bytes()].concat();
        // Characters that hold bits of the secret alone.
        let first = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        let encoded = STANDARD.encode(&bytes);
        if let Some(form) = encoded.get(first..end).filter(|form| form.len() >= 4) {
            forms.push(form.to_owned());
        }
    }
    forms.push(STANDARD.encode(secret));
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(line: &str) -> String {
        String::from_utf8(STANDARD.decode(line).unwrap()).unwrap()
    }

    /// The examples of RFC 4616, RFC 7628 and Google's page on XOAUTH2.
    #[test]
    fn each_mechanism_says_what_its_document_says() {
        let mut plain = Exchange::plain("tim", "tanstaaftanstaaf");
        assert_eq!(&**plain.command("AUTH", true, 512), "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
        assert_eq!(plain.answer("").unwrap().as_str(), "*");
        assert_eq!(plain.answer(""), None);

        let token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
        let mut bearer = Exchange::oauthbearer("user@example.com", token, "server.example.com", 587);
        let line = bearer.command("AUTH", true, 512);
        assert_eq!(
            line.as_str(),
            "AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9\
             QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
        );
        let mut odd = Exchange::oauthbearer("a=b,c", "t", "hüte.example", 993);
        assert!(odd.command("AUTHENTICATE", false, 512).ends_with("OAUTHBEARER"));
        assert_eq!(
            decoded(&odd.answer("").unwrap()),
            "n,a=a=3Db=2Cc,\x01host=xn--hte-hoa.example\x01port=993\x01auth=Bearer t\x01\x01"
        );

        let mut google =
            Exchange::xoauth2("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        assert_eq!(
            google.command("AUTHENTICATE", true, 8000).as_str(),
            "AUTHENTICATE XOAUTH2 dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52\
             YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
        );

        let mut login = Exchange::login("anna", "geheim");
        assert_eq!(login.command("AUTH", true, 512).as_str(), "AUTH LOGIN");
        assert_eq!(decoded(&login.answer("VXNlcm5hbWU6").unwrap()), "anna");
        assert_eq!(decoded(&login.answer("UGFzc3dvcmQ6").unwrap()), "geheim");
    }

    #[test]
    fn a_line_that_would_be_too_long_waits_for_the_challenge() {
        let mut long = Exchange::xoauth2("anna", &"t".repeat(2000));
        assert_eq!(long.command("AUTH", true, 512).as_str(), "AUTH XOAUTH2");
        assert!(long.answer("").unwrap().len() > 2000);
        assert_eq!(long.answer("e30=").unwrap().as_str(), "");
    }

    #[test]
    fn a_refused_token_is_told_why() {
        for (json, cause) in [
            (r#"{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}"#, None),
            (r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#, None),
            (r#"{"status":"invalid_token","scope":"example_scope"}"#, None),
            (r#"{"status":"insufficient_scope"}"#, None),
            (r#"{"status":"500"}"#, Some(Cause::TryLater)),
            (r#"{"status":503}"#, Some(Cause::TryLater)),
            (r#"{"status":"temporarily_unavailable"}"#, Some(Cause::TryLater)),
            ("no JSON", None),
        ] {
            let mut exchange = Exchange::oauthbearer("anna", "t", "h", 993);
            exchange.command("AUTH", true, 512);
            assert_eq!(exchange.answer(&STANDARD.encode(json)).unwrap().as_str(), "AQ==");
            let refusal = exchange.refusal().unwrap();
            assert_eq!((refusal.words.as_str(), refusal.cause), (json, cause));
        }
    }

    #[test]
    fn a_secret_is_known_wherever_it_stands_in_base64() {
        let secret = "geheimnisvoll";
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "z", "zz"] {
                let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
                let known = forms(secret).iter().any(|form| encoded.contains(form.as_str()));
                assert!(known, "{before} {after}: {encoded}");
            }
        }
    }

    #[test]
    fn what_cannot_be_sent_is_known_before() {
        assert!(fits_password("anna", "ge heim ß\x01"));
        assert!(!fits_password("anna\r\n", "geheim") && !fits_password("anna", "ge\0heim"));
        assert!(fits_token("änna", "ya29.a-_~+/=="));
        for (name, token) in
            [("anna", ""), ("anna", "a b"), ("anna", "a\r\nb"), ("anna", "ä"), ("an\x01na", "t")]
        {
            assert!(!fits_token(name, token), "{name:?} {token:?}");
        }
    }
}
