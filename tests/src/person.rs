//! A person in a browser: opens a sign-in link, types into the provider's forms, presses a button, and ends at the
//! page that the app's own listener shows.
//!
//! It knows no API of the provider, only pages: it follows redirects, keeps cookies by path, fills in what the form
//! asks for. A browser of its own comes with each person, and remembers who has signed in.

use std::net::TcpStream;

use url::Url;

use crate::http::{self, Reply};
use crate::trouble::{Doing, Outcome, Trouble};

/// No sign-in leads through more pages.
const PAGES: usize = 20;

/// What the person answers when asked for permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Allow, all that is asked for.
    Agree,
    /// Cancel.
    Refuse,
    /// Allow, with the tick before the mail taken away, as Google's page lets one.
    AgreeWithoutMail,
}

/// A page that is shown.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it lies.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its source.
    pub html: String,
}

/// Somebody with an account and a browser.
pub struct Person {
    account: String,
    cookies: Vec<Cookie>,
}

struct Cookie {
    origin: String,
    path: String,
    name: String,
    value: String,
}

impl Person {
    /// Somebody with this account at the provider, and a browser that knows nobody yet.
    pub fn named(account: &str) -> Self {
        Self { account: account.to_owned(), cookies: Vec::new() }
    }

    /// Opens the link, signs in where that is asked for, allows everything, and ends at the app's page.
    pub fn agrees_to(&mut self, link: &str) -> Outcome<Page> {
        let callback = self.answers(link, Answer::Agree)?;
        lands_on(&callback)
    }

    /// Opens the link, signs in where that is asked for, and cancels. Ends at the app's page too.
    pub fn refuses(&mut self, link: &str) -> Outcome<Page> {
        let callback = self.answers(link, Answer::Refuse)?;
        lands_on(&callback)
    }

    /// As far as the redirect to the app, which is answered and not followed: what comes of it is the test's.
    pub fn answers(&mut self, link: &str, answer: Answer) -> Outcome<Url> {
        let link = Url::parse(link).doing("reading the sign-in link")?;
        let app = parameter(&link, "redirect_uri").doing("the link names no redirect_uri")?;
        let app = Url::parse(&app)?;
        let mut url = link;
        let mut form: Option<Vec<(String, String)>> = None;
        for _ in 0..PAGES {
            let reply = self.fetch(&url, form.take().as_deref())?;
            if let Some(target) = reply.header("location").filter(|_| (300..400).contains(&reply.status)) {
                url = url.join(target)?;
                if url.origin() == app.origin() && url.path() == app.path() {
                    return Ok(url);
                }
                continue;
            }
            let html = reply.text();
            if reply.status != 200 || html.contains("role=\"alert\"") {
                return Err(Trouble::new(format!("{} showed {} {html}", url.path(), reply.status)));
            }
            url = url.join(&attribute(&html, "<form", "action").doing(&format!("a form in {html}"))?)?;
            form = Some(self.filled(&html, answer));
        }
        Err(Trouble::new(format!("after {PAGES} pages the sign-in was still not over, at {}", url.path())))
    }

    /// The page that the link itself leads to, with nothing typed or pressed: the sign-in form, or what the provider
    /// has against the link.
    pub fn opens(&mut self, link: &str) -> Outcome<Page> {
        let mut url = Url::parse(link).doing("reading the sign-in link")?;
        for _ in 0..PAGES {
            let reply = self.fetch(&url, None)?;
            match reply.header("location") {
                Some(target) if (300..400).contains(&reply.status) => url = url.join(target)?,
                _ => return Ok(page(url, reply)),
            }
        }
        Err(Trouble::new("the link leads in a circle"))
    }

    /// Every field of the form as the person leaves it.
    fn filled(&self, html: &str, answer: Answer) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        for input in html.split("<input").skip(1) {
            let tag = format!("<input{}", input.split('>').next().unwrap_or_default());
            let of = |name: &str| attribute(&tag, "<input", name).unwrap_or_default();
            let (name, value) = (of("name"), of("value"));
            let typed = match name.as_str() {
                "login" => self.account.clone(),
                "password" => format!("{}-pw", self.account),
                "scope" if value == "mail" && answer == Answer::AgreeWithoutMail => continue,
                _ => value,
            };
            fields.push((name, typed));
        }
        if html.contains("<button name=\"answer\"") {
            let pressed = if answer == Answer::Refuse { "cancel" } else { "allow" };
            fields.push(("answer".to_owned(), pressed.to_owned()));
        }
        fields
    }

    fn fetch(&mut self, url: &Url, form: Option<&[(String, String)]>) -> Outcome<Reply> {
        let origin = url.origin().ascii_serialization();
        // RFC 6265, section 5.1.4.
        let fits = |cookie: &&Cookie| {
            let rest = url.path().strip_prefix(&cookie.path);
            cookie.origin == origin
                && rest.is_some_and(|it| it.is_empty() || cookie.path.ends_with('/') || it.starts_with('/'))
        };
        let carried: Vec<String> =
            self.cookies.iter().filter(fits).map(|it| format!("{}={}", it.name, it.value)).collect();
        let cookies = carried.join("; ");
        let mut headers = vec![("Accept", "text/html"), ("User-Agent", "Mozilla/5.0")];
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        let reply = match form {
            Some(fields) => http::post_form(url, &headers, fields)?,
            None => http::get(url, &headers)?,
        };
        for (_, set) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            self.keep(&origin, set);
        }
        Ok(reply)
    }

    fn keep(&mut self, origin: &str, set: &str) {
        let mut parts = set.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let mut path = "/";
        let mut gone = value.is_empty();
        for part in parts {
            match part.split_once('=').unwrap_or((part, "")) {
                (key, of) if key.eq_ignore_ascii_case("path") => path = of,
                (key, of) if key.eq_ignore_ascii_case("expires") => gone |= of.contains(" 1970 "),
                _ => {}
            }
        }
        self.cookies.retain(|it| !(it.origin == origin && it.path == path && it.name == name));
        if !gone {
            self.cookies.push(Cookie {
                origin: origin.to_owned(),
                path: path.to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }
}

/// Follows the redirect to the app, as Chromium does: with a second connection opened ahead that says nothing.
pub fn lands_on(callback: &Url) -> Outcome<Page> {
    let port = callback.port_or_known_default().doing("a callback without a port")?;
    let _silent = TcpStream::connect(("127.0.0.1", port)).doing("connecting to the app")?;
    let reply = http::get(callback, &[("Accept", "text/html"), ("User-Agent", "Mozilla/5.0")])?;
    Ok(page(callback.clone(), reply))
}

/// The first value of a query parameter.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn page(url: Url, reply: Reply) -> Page {
    let html = reply.text();
    Page { url, status: reply.status, headers: reply.headers, html }
}

/// An attribute of the first such tag. Enough for the pages of `tests/oidc/pages.mjs`.
fn attribute(html: &str, tag: &str, name: &str) -> Option<String> {
    let tag = html[html.find(tag)?..].split('>').next()?;
    let value = tag.split_once(&format!(" {name}=\""))?.1;
    Some(value.split('"').next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_go_where_their_path_is_and_end_when_told() {
        let mut person = Person::named("anna");
        let names = |person: &Person| person.cookies.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        person.keep("http://127.0.0.1:1", "a=1; Path=/auth/x; HttpOnly");
        person.keep("http://127.0.0.1:1", "b=2");
        person.keep("http://127.0.0.1:1", "a=3; path=/auth/x");
        assert_eq!(names(&person), ["b", "a"]);
        assert_eq!(person.cookies[1].value, "3");
        person.keep("http://127.0.0.1:1", "a=; path=/auth/x; expires=Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(names(&person), ["b"]);
    }

    #[test]
    fn a_form_is_filled_in_as_the_person_would() {
        let person = Person::named("anna");
        let html = "<form action=\"/x\"><input type=\"hidden\" name=\"step\" value=\"consent\">\
            <input name=\"login\" value=\"\"><input type=\"checkbox\" name=\"scope\" value=\"email\" checked>\
            <input type=\"checkbox\" name=\"scope\" value=\"mail\" checked>\
            <button name=\"answer\" value=\"allow\">Allow</button></form>";
        let filled = |answer| {
            let fields = person.filled(html, answer);
            fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(filled(Answer::Agree), "step=consent login=anna scope=email scope=mail answer=allow");
        assert_eq!(filled(Answer::AgreeWithoutMail), "step=consent login=anna scope=email answer=allow");
        assert_eq!(filled(Answer::Refuse), "step=consent login=anna scope=email scope=mail answer=cancel");
        assert_eq!(attribute(html, "<form", "action").as_deref(), Some("/x"));
    }
}
