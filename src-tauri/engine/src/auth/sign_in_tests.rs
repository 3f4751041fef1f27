//! A sign-in in the browser, from the link to what comes of it. The issuer that exchanges codes is in the suite's own
//! stories, with a certified provider; here are the ways in which nothing comes of it.

use super::*;
use crate::model::{Proxy, Refusal, Timestamp};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nobody listens at this issuer's own addresses.
fn client() -> Client {
    let issuer: Issuer = serde_json::from_str(
        r#"{"id":"x","name":"X","authorization_endpoint":"http://127.0.0.1:9/auth",
        "token_endpoint":"http://127.0.0.1:9/token","scopes":["mail"]}"#,
    )
    .unwrap();
    Client { issuer, id: "hatstand".into(), secret: None, proxy: Proxy::None }
}

struct Link {
    port: u16,
    state: String,
}

impl Link {
    fn of(sign_in: &BrowserSignIn) -> Self {
        let link = url::Url::parse(sign_in.link()).unwrap();
        let parameter = |name: &str| {
            link.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
        };
        let redirect = url::Url::parse(&parameter("redirect_uri")).unwrap();
        Self { port: redirect.port().unwrap(), state: parameter("state") }
    }

    /// The browser comes back with this query.
    async fn comes_back(&self, query: &str) {
        let mut tcp = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request = format!(
            "GET /callback?{query}&state={} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n",
            self.state, self.port
        );
        tcp.write_all(request.as_bytes()).await.unwrap();
        tcp.read_to_end(&mut Vec::new()).await.unwrap();
    }

    async fn is_closed(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).await.is_err()
    }
}

async fn came_of(query: &str) -> Refusal {
    let sign_in = BrowserSignIn::begin(client(), "anna@x.example", FIVE_MINUTES).await.unwrap();
    let link = Link::of(&sign_in);
    let (came, ()) = tokio::join!(sign_in.wait(|| Timestamp(0)), link.comes_back(query));
    assert!(link.is_closed().await);
    came.unwrap_err()
}

#[tokio::test]
async fn whoever_says_no_in_the_browser_reads_why() {
    let no = came_of("error=access_denied&error_description=The+user+said+no").await;
    assert_eq!(no.code, "consent_refused");
    assert_eq!(no.server_said.as_deref(), Some("access_denied The user said no"));
    let administrator =
        "error=access_denied&error_description=AADSTS90094%3A+The+grant+requires+admin+permission.";
    assert_eq!(came_of(administrator).await.code, "approval_needed");
    assert_eq!(came_of("error=temporarily_unavailable").await.code, "try_later");
    assert_eq!(came_of("error=invalid_scope").await.code, "sign_in_refused");
}

#[tokio::test]
async fn a_code_that_nobody_exchanges_is_no_sign_in() {
    let refusal = came_of("code=c0de").await;
    assert_eq!(refusal.code, "connection_refused");
    assert!(!format!("{refusal:?}").contains("c0de"), "the code is told to nobody");
}

#[tokio::test]
async fn too_late_is_too_late_and_leaves_no_listener() {
    let sign_in = BrowserSignIn::begin(client(), "anna@x.example", Duration::ZERO).await.unwrap();
    let link = Link::of(&sign_in);
    let refusal = sign_in.wait(|| Timestamp(0)).await.unwrap_err();
    assert_eq!(refusal.code, "sign_in_too_late");
    assert!(link.is_closed().await);
}
