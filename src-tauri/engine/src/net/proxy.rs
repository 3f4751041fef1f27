//! Which proxy leads to a server, and the way through it.

use super::{Counters, Deadlines, Stream, clean, dial, socks, tunnel};
use crate::model::{Cause, Failure, Proxy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::proxy::matcher::Matcher;
use std::sync::Arc;
use tokio::time::Instant;
use url::Url;

const NO_NAME: &str = "The proxy’s name is not a valid one.";

/// One proxy, and what it wants to know. Without `Debug`, for its password.
pub(super) struct Hop {
    host: String,
    port: u16,
    speaks: Speaks,
    /// The system named it.
    of_the_system: bool,
}

enum Speaks {
    /// SOCKS 5, with user name and password.
    Socks5(Option<(String, String)>),
    /// HTTP, with the value of Proxy-Authorization.
    Http(Option<String>),
}

impl Hop {
    /// The proxy on the way to a server; `None`: straight there.
    pub(super) fn towards(host: &str, port: u16, proxy: &Proxy) -> Result<Option<Self>, Failure> {
        let (at, speaks) = match proxy {
            Proxy::None => return Ok(None),
            Proxy::System => return Self::of_the_system(&Matcher::from_system(), host, port),
            Proxy::Socks5 { host, port } => ((host, *port), Speaks::Socks5(None)),
            Proxy::Http { host, port } => ((host, *port), Speaks::Http(None)),
        };
        Self::new(at.0, at.1, speaks).map(Some)
    }

    /// The proxy that the system has for secure connections to this host. Its exceptions hold for mail too.
    pub(super) fn of_the_system(matcher: &Matcher, host: &str, port: u16) -> Result<Option<Self>, Failure> {
        let target = format!("https://{}", authority(host, port)).parse::<hyper::Uri>();
        let Ok(target) = target else { return Ok(None) };
        let Some(found) = matcher.intercept(&target) else { return Ok(None) };
        let proxy = found.uri();
        let scheme = proxy.scheme_str().unwrap_or_default();
        let (speaks, usual) = match scheme {
            "http" => {
                let authorization = found.basic_auth().and_then(|value| value.to_str().ok());
                (Speaks::Http(authorization.map(str::to_owned)), 80)
            }
            "socks5" | "socks5h" => {
                let sign_in = found.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned()));
                (Speaks::Socks5(sign_in), 1080)
            }
            _ => {
                let words =
                    format!("This computer's proxy is of a kind that Hatstand does not speak: {scheme}.");
                return Err(Failure::said(Cause::ProxyFailed, clean(&words, &[])));
            }
        };
        let hop = Self::new(proxy.host().unwrap_or_default(), proxy.port_u16().unwrap_or(usual), speaks)?;
        Ok(Some(Self { of_the_system: true, ..hop }))
    }

    fn new(host: &str, port: u16, speaks: Speaks) -> Result<Self, Failure> {
        let Some(host) = dial::ascii_host(host) else {
            return Err(Failure::said(Cause::ProxyFailed, NO_NAME));
        };
        Ok(Self { host, port, speaks, of_the_system: false })
    }

    /// A proxy that the system has for the web: it may not be meant for mail.
    pub(super) fn is_the_systems_for_the_web(&self) -> bool {
        self.of_the_system && matches!(self.speaks, Speaks::Http(_))
    }

    /// A stream to the server, of which the proxy has had its say.
    pub(super) async fn through(
        &self,
        host: &str,
        port: u16,
        counters: &Arc<Counters>,
        deadlines: &Deadlines,
    ) -> Result<Stream, Failure> {
        let reached = dial::reach(&self.host, self.port, deadlines.connect).await;
        let (tcp, address) = reached.map_err(|failure| self.not_reached(failure))?;
        let end = Instant::now() + deadlines.connect;
        // Longer than until the end, which tells more than silence.
        let mut stream = Stream::new(tcp, address, Arc::clone(counters), deadlines.connect * 2);
        let asked = match &self.speaks {
            Speaks::Socks5(sign_in) => socks::ask(&mut stream, host, port, sign_in.as_ref(), end).await,
            Speaks::Http(authorization) => {
                tunnel::ask(&mut stream, host, port, authorization.as_deref(), end).await
            }
        };
        asked.map_err(|failure| self.named(failure))?;
        stream.begin(deadlines.idle);
        Ok(stream)
    }

    fn not_reached(&self, failure: Failure) -> Failure {
        match failure.cause {
            Cause::Offline => failure,
            cause => {
                let words = failure.server_said.unwrap_or_else(|| cause.code().replace('_', " "));
                self.named(Failure::said(Cause::ProxyFailed, words))
            }
        }
    }

    /// The same, saying which proxy it was: it may be one that the person has never heard of.
    fn named(&self, failure: Failure) -> Failure {
        let words = failure.server_said.unwrap_or_default();
        Failure { server_said: Some(format!("{words} (proxy {}, port {})", self.host, self.port)), ..failure }
    }
}

/// The proxy of the settings as a URL. Names are resolved by the proxy.
pub(super) fn of_the_settings(proxy: &Proxy) -> Result<Url, Failure> {
    let no_name = || Failure::said(Cause::ProxyFailed, NO_NAME);
    let (scheme, host, port) = match proxy {
        Proxy::Socks5 { host, port } => ("socks5h", host, port),
        Proxy::Http { host, port } => ("http", host, port),
        Proxy::System | Proxy::None => return Err(no_name()),
    };
    let host = dial::ascii_host(host).ok_or_else(no_name)?;
    Url::parse(&format!("{scheme}://{}", authority(&host, *port))).map_err(|_| no_name())
}

/// The system's proxy on the way to a URL, as a URL with user name and password. Its exceptions hold.
pub(super) fn of_the_system(matcher: &Matcher, target: &Url) -> Option<Url> {
    let found = matcher.intercept(&target.as_str().parse().ok()?)?;
    let text = found.uri().to_string();
    let text = text.strip_prefix("socks5:").map_or(text.clone(), |rest| format!("socks5h:{rest}"));
    let mut url = Url::parse(&text).ok()?;
    let basic = found.basic_auth().and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let decoded = basic.and_then(|basic| String::from_utf8(STANDARD.decode(basic).ok()?).ok());
    let basic = decoded.as_deref().and_then(|both| both.split_once(':'));
    if let Some((user, password)) = found.raw_auth().or(basic) {
        url.set_username(user).ok()?;
        url.set_password(Some(password)).ok()?;
    }
    Some(url)
}

fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(found: Result<Option<Hop>, Failure>) -> String {
        match found {
            Err(failure) => failure.server_said.unwrap(),
            Ok(None) => "straight".to_owned(),
            Ok(Some(Hop { host, port, speaks, .. })) => match speaks {
                Speaks::Socks5(sign_in) => format!("socks {host} {port} {sign_in:?}"),
                Speaks::Http(authorization) => format!("http {host} {port} {authorization:?}"),
            },
        }
    }

    #[test]
    fn the_systems_proxy_is_taken_as_it_is_set() {
        for (set, no, target, way) in [
            ("", "", "mail.example", "straight"),
            ("http://proxy.example:3128", "", "mail.example", "http proxy.example 3128 None"),
            ("proxy.example:3128", "", "2001:db8::1", "http proxy.example 3128 None"),
            ("http://proxy.example", "", "mail.example", "http proxy.example 80 None"),
            (
                "http://a:b@proxy.example:8080",
                "",
                "mail.example",
                "http proxy.example 8080 Some(\"Basic YTpi\")",
            ),
            ("socks5://[::1]", "", "mail.example", "socks ::1 1080 None"),
            (
                "socks5h://anna:s%20e@proxy.example:9",
                "",
                "mail.example",
                "socks proxy.example 9 Some((\"anna\", \"s e\"))",
            ),
            ("http://proxy.example:3128", "example", "mail.example", "straight"),
            ("http://proxy.example:3128", "192.0.2.0/24", "192.0.2.7", "straight"),
            (
                "socks4://proxy.example",
                "",
                "mail.example",
                "This computer's proxy is of a kind that Hatstand does not speak: socks4.",
            ),
            (
                "https://proxy.example",
                "",
                "mail.example",
                "This computer's proxy is of a kind that Hatstand does not speak: https.",
            ),
        ] {
            let matcher = Matcher::builder().all(set).no(no).build();
            assert_eq!(told(Hop::of_the_system(&matcher, target, 993)), way, "{set} {target}");
        }
    }

    #[test]
    fn a_proxy_of_the_settings_is_taken_as_it_was_typed() {
        let socks = Proxy::Socks5 { host: " [::1] ".to_owned(), port: 1080 };
        assert_eq!(told(Hop::towards("mail.example", 993, &socks)), "socks ::1 1080 None");
        let http = Proxy::Http { host: "müller.example".to_owned(), port: 8080 };
        assert_eq!(told(Hop::towards("mail.example", 993, &http)), "http xn--mller-kva.example 8080 None");
        assert_eq!(told(Hop::towards("mail.example", 993, &Proxy::None)), "straight");
        let none = Proxy::Http { host: String::new(), port: 8080 };
        assert_eq!(told(Hop::towards("mail.example", 993, &none)), "The proxy’s name is not a valid one.");
    }

    #[test]
    fn a_proxy_is_the_same_for_web_addresses() {
        let target = Url::parse("https://login.example/token").unwrap();
        for (set, no, way) in [
            ("", "", None),
            ("proxy.example:3128", "", Some("http://proxy.example:3128/")),
            ("http://anna:s%40e@proxy.example", "", Some("http://anna:s%40e@proxy.example/")),
            ("socks5://anna:s%40e@[::1]:9", "", Some("socks5h://anna:s%40e@[::1]:9/")),
            ("http://proxy.example:3128", "login.example", None),
        ] {
            let matcher = Matcher::builder().all(set).no(no).build();
            assert_eq!(of_the_system(&matcher, &target).as_ref().map(Url::as_str), way, "{set}");
        }
        let socks = Proxy::Socks5 { host: "::1".to_owned(), port: 1080 };
        assert_eq!(of_the_settings(&socks).unwrap().as_str(), "socks5h://[::1]:1080");
        let http = Proxy::Http { host: "müller.example".to_owned(), port: 8080 };
        assert_eq!(of_the_settings(&http).unwrap().as_str(), "http://xn--mller-kva.example:8080/");
        let none = Proxy::Http { host: "no name".to_owned(), port: 8080 };
        assert_eq!(of_the_settings(&none).unwrap_err().cause, Cause::ProxyFailed);
    }
}
