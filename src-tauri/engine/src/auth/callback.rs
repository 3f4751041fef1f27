//! The loopback listener that the browser comes back to (RFC 8252, section 7.3).
//!
//! Anybody on this machine, and any page in the browser, can send requests to it. What it takes is one navigation with
//! the state that only this sign-in knows; everything else is answered and changes nothing.

use crate::model::{Cause, Failure};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, ORIGIN, REFERRER_POLICY,
};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

/// Where the issuer sends the person.
pub(super) const PATH: &str = "/callback";
/// Requests that are looked at side by side; more wait.
const AT_ONCE: usize = 16;
/// A browser sends its request at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// After an accept that failed (no file left to open): the next fails at once, too.
const BREATH: Duration = Duration::from_millis(100);

/// What the person came back with.
#[derive(PartialEq, Eq)]
pub(super) enum Back {
    /// A code to exchange.
    Code(String),
    /// They, or the issuer, said no.
    Error {
        /// RFC 6749, section 4.1.2.1.
        code: String,
        /// In the issuer's words.
        description: String,
    },
}

/// Who holds the code can try to exchange it.
impl fmt::Debug for Back {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(_) => f.write_str("Code(***)"),
            Self::Error { code, description } => {
                f.debug_struct("Error").field("code", code).field("description", description).finish()
            }
        }
    }
}

/// What makes a request the right one.
#[derive(Clone)]
pub(super) struct Expected {
    /// `127.0.0.1:PORT`: a page elsewhere whose name was pointed here sends another.
    pub(super) host: String,
    pub(super) state: String,
    /// The issuer's identifier (RFC 9207), where it is known.
    pub(super) issuer: Option<String>,
}

/// The state is this sign-in's own secret.
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What is made of one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not for anybody here.
    NotFound,
    /// No answer of this sign-in; why.
    Refused(&'static str),
    /// The person is back.
    Back(Back),
}

/// Judges a request by its head alone.
pub(super) fn judge(request: &Parts, expected: &Expected) -> Verdict {
    if request.uri.path() != PATH {
        return Verdict::NotFound;
    }
    if request.method != Method::GET {
        return Verdict::Refused("the method");
    }
    let text = |name: &str| only(&request.headers, name);
    if only(&request.headers, HOST.as_str()) != Some(expected.host.as_str()) {
        return Verdict::Refused("the host");
    }
    // A browser that follows a redirect sends no Origin; a page that sends requests of its own does.
    if request.headers.contains_key(ORIGIN) {
        return Verdict::Refused("the origin");
    }
    // Fetch Metadata: a person who comes back navigates, in a tab.
    let other = |name: &str, wanted: &str| request.headers.contains_key(name) && text(name) != Some(wanted);
    if other("sec-fetch-mode", "navigate") || other("sec-fetch-dest", "document") {
        return Verdict::Refused("no navigation");
    }
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let once = |name: &str| {
        let mut values = query.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let first = values.next();
        if values.next().is_some() { None } else { first }
    };
    let Some(state) = once("state") else { return Verdict::Refused("no state") };
    if !same(state, &expected.state) {
        return Verdict::Refused("the state");
    }
    if let (Some(known), Some(_)) = (&expected.issuer, query.iter().find(|(key, _)| key == "iss"))
        && once("iss") != Some(known)
    {
        return Verdict::Refused("the issuer");
    }
    match (once("code"), once("error")) {
        (Some(code), None) if !code.is_empty() => Verdict::Back(Back::Code(code.clone())),
        (None, Some(code)) => Verdict::Back(Back::Error {
            code: code.clone(),
            description: once("error_description").cloned().unwrap_or_default(),
        }),
        _ => Verdict::Refused("neither a code nor an error"),
    }
}

/// A header that stands there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

/// Compares without telling by its time how much is the same.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

/// Listens on an ephemeral port of this machine.
#[derive(Debug)]
pub(super) struct Listener {
    tcp: TcpListener,
    port: u16,
    /// How long a caller may take.
    pub(super) patience: Duration,
}

impl Listener {
    pub(super) async fn open() -> Result<Self, Failure> {
        let refused = |error: std::io::Error| Failure::said(Cause::Unknown, error.to_string());
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(refused)?;
        let port = tcp.local_addr().map_err(refused)?.port();
        Ok(Self { tcp, port, patience: PATIENCE })
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Serves until the person is back. Dropping the future closes the listener and every connection.
    pub(super) async fn wait(self, expected: Expected) -> Back {
        let patience = self.patience;
        let (came, mut back) = oneshot::channel();
        let waiting = Arc::new(Waiting { expected, came: Mutex::new(Some(came)) });
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut connections = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                biased;
                Ok(back) = &mut back => {
                    // The page that thanks is still on its way; the others have no claim.
                    let _ = tokio::time::timeout(Duration::from_secs(1), waiting.thanked(&mut connections)).await;
                    return back;
                }
                accepted = self.tcp.accept(), if turns.available_permits() > 0 => {
                    let Ok((tcp, _)) = accepted else {
                        tokio::time::sleep(BREATH).await;
                        continue;
                    };
                    let Ok(turn) = Arc::clone(&turns).try_acquire_owned() else { continue };
                    let waiting = Arc::clone(&waiting);
                    connections.spawn(async move {
                        serve(tcp, waiting, patience).await;
                        drop(turn);
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

struct Waiting {
    expected: Expected,
    /// Taken by the first right request: a state is good once.
    came: Mutex<Option<oneshot::Sender<Back>>>,
}

impl Waiting {
    async fn thanked(&self, connections: &mut tokio::task::JoinSet<()>) {
        while connections.join_next().await.is_some() {}
    }

    fn answer(&self, request: &Parts) -> Response<Full<Bytes>> {
        match judge(request, &self.expected) {
            Verdict::NotFound => page(StatusCode::NOT_FOUND, "There is nothing here.", ""),
            Verdict::Refused(why) => {
                tracing::info!("a request to the sign-in listener was refused: {why}");
                page(
                    StatusCode::BAD_REQUEST,
                    "This is no answer to a sign-in.",
                    "Go back to Hatstand and start it there.",
                )
            }
            Verdict::Back(back) => {
                let Some(came) = self.came.lock().unwrap_or_else(PoisonError::into_inner).take() else {
                    return page(StatusCode::GONE, "This sign-in is over.", "Go back to Hatstand.");
                };
                let words = match &back {
                    Back::Code(_) => {
                        ("Thank you. Hatstand goes on.", "You can close this page and go back to Hatstand.")
                    }
                    Back::Error { .. } => {
                        ("Hatstand was not let in.", "You can close this page. Hatstand says how to go on.")
                    }
                };
                // Nobody waits any more: then there is nobody to tell.
                let _ = came.send(back);
                page(StatusCode::OK, words.0, words.1)
            }
        }
    }
}

async fn serve(tcp: TcpStream, waiting: Arc<Waiting>, patience: Duration) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (head, _body) = request.into_parts();
        let answer = waiting.answer(&head);
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .keep_alive(false)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(tcp), service);
    // Whoever breaks off is not waited for.
    let _ = tokio::time::timeout(patience * 2, connection).await;
}

/// A page without a script, a picture or a word from outside.
fn page(status: StatusCode, title: &str, text: &str) -> Response<Full<Bytes>> {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Hatstand</title><style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;\
         max-width:28rem;margin:18vh auto;padding:0 1.5rem}}h1{{font-size:1.4rem}}</style><h1>{title}</h1><p>{text}</p></html>"
    );
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        // The address of this page holds the code: it is told to nobody.
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ] {
        response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}
