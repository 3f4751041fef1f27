//! The loopback listener beside hostile callers, over real sockets.

use super::callback::{Back, Expected, Listener, Verdict, judge};
use hyper::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const STATE: &str = "bJ3xQ0v7kN2mR8sT5wYz1A";

fn expected(host: &str) -> Expected {
    Expected { host: host.into(), state: STATE.into(), issuer: Some("https://id.example".into()) }
}

fn verdict(method: &str, target: &str, headers: &[(&str, &str)]) -> Verdict {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    judge(&request.body(()).unwrap().into_parts().0, &expected("127.0.0.1:9"))
}

const HOST: (&str, &str) = ("host", "127.0.0.1:9");

#[test]
fn only_a_navigation_with_the_state_of_this_sign_in_is_taken() {
    let right = format!("/callback?code=c0de&state={STATE}");
    let code = || Verdict::Back(Back::Code("c0de".into()));
    assert_eq!(verdict("GET", &right, &[HOST]), code());
    let navigation = [
        HOST,
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-site", "cross-site"),
    ];
    assert_eq!(verdict("GET", &right, &navigation), code());
    assert_eq!(verdict("GET", &format!("{right}&iss=https%3A%2F%2Fid.example"), &[HOST]), code());
    assert_eq!(
        verdict("GET", &format!("/callback?error=access_denied&error_description=No&state={STATE}"), &[HOST]),
        Verdict::Back(Back::Error { code: "access_denied".into(), description: "No".into() })
    );

    for (method, target, headers, what) in [
        ("POST", right.as_str(), vec![HOST], "another method"),
        ("HEAD", &right, vec![HOST], "a look without a visit"),
        ("GET", &right, vec![], "no host"),
        ("GET", &right, vec![("host", "evil.example")], "a name that was pointed here"),
        ("GET", &right, vec![("host", "127.0.0.1:10")], "another port"),
        ("GET", &right, vec![("host", "127.0.0.1")], "no port"),
        ("GET", &right, vec![HOST, ("host", "evil.example")], "two hosts"),
        ("GET", &right, vec![HOST, ("origin", "https://evil.example")], "a page's own request"),
        ("GET", &right, vec![HOST, ("origin", "null")], "a sandboxed page's request"),
        ("GET", &right, vec![HOST, ("sec-fetch-mode", "no-cors")], "a picture"),
        ("GET", &right, vec![HOST, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")], "a frame"),
        ("GET", &format!("{right}&iss=https%3A%2F%2Fevil.example"), vec![HOST], "another issuer"),
        ("GET", &format!("{right}&iss=https%3A%2F%2Fid.example&iss=x"), vec![HOST], "two issuers"),
        ("GET", "/callback?code=c0de", vec![HOST], "no state"),
        ("GET", "/callback?code=c0de&state=", vec![HOST], "an empty state"),
        ("GET", &format!("/callback?code=c0de&state={}", &STATE[1..]), vec![HOST], "a part of the state"),
        ("GET", &format!("{right}&state={STATE}"), vec![HOST], "the state twice"),
        ("GET", &format!("/callback?state={STATE}"), vec![HOST], "no code"),
        ("GET", &format!("/callback?code=&state={STATE}"), vec![HOST], "an empty code"),
        ("GET", &format!("{right}&code=other"), vec![HOST], "two codes"),
        ("GET", &format!("{right}&error=access_denied"), vec![HOST], "a code and an error"),
    ] {
        assert!(matches!(verdict(method, target, &headers), Verdict::Refused(_)), "{what}");
    }
    for target in ["/", "/callback/", "/favicon.ico", "//callback?code=c&state=x", "/Callback"] {
        assert_eq!(verdict("GET", target, &[HOST]), Verdict::NotFound, "{target}");
    }
}

#[test]
fn neither_the_code_nor_the_state_is_shown() {
    let right = verdict("GET", &format!("/callback?code=c0de&state={STATE}"), &[HOST]);
    assert_eq!(format!("{right:?}"), "Back(Code(***))");
    let waited_for = format!("{:?}", expected("127.0.0.1:9"));
    assert!(waited_for.contains("127.0.0.1:9") && !waited_for.contains(STATE), "{waited_for}");
}

/// Sends bytes, and hears the answer to its end.
async fn says(port: u16, bytes: &str) -> String {
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // The listener may have ended the conversation already.
    let _ = tcp.write_all(bytes.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = tcp.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(port: u16, target: &str, more: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{more}\r\n")
}

/// A hundred callers with everything but the right: none is taken, and the person still gets through.
#[tokio::test]
async fn a_hundred_hostile_callbacks_change_nothing_and_the_person_gets_through() {
    let listener = Listener::open().await.unwrap();
    let port = listener.port();
    let waiting = tokio::spawn(listener.wait(expected(&format!("127.0.0.1:{port}"))));
    let long = "x".repeat(64 * 1024);
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..100_u32 {
        let right = format!("/callback?code=evil{n}&state={STATE}");
        let request = match n % 10 {
            0 => get(port, &format!("/callback?code=evil{n}&state=guess{n}"), ""),
            1 => get(port, &format!("/other?code=evil{n}&state={STATE}"), ""),
            2 => get(port, &right, "Origin: https://evil.example\r\n"),
            3 => format!("GET {right} HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
            4 => format!("POST {right} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\r\n"),
            5 => get(port, &right, "Sec-Fetch-Mode: cors\r\n"),
            6 => format!("GET /callback?code={long} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"),
            7 => "\u{16}\u{3}\u{1} this is no HTTP\r\n\r\n".to_owned(),
            8 => get(port, &format!("{right}&state=second"), ""),
            _ => get(port, &format!("{right}&iss=https%3A%2F%2Fevil.example"), ""),
        };
        callers.spawn(async move { says(port, &request).await });
    }
    while let Some(answer) = callers.join_next().await {
        let answer = answer.unwrap();
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(!answer.contains(STATE), "the state is told to nobody");
    }
    assert!(!waiting.is_finished(), "one of them was taken");

    let thanks = says(port, &get(port, &format!("/callback?code=c0de&state={STATE}"), "")).await;
    assert!(thanks.starts_with("HTTP/1.1 200") && thanks.contains("go back to Hatstand"), "{thanks}");
    assert!(thanks.to_lowercase().contains("referrer-policy: no-referrer"));
    assert_eq!(waiting.await.unwrap(), Back::Code("c0de".into()));
    // A replay meets nobody.
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "the listener is gone");
}

/// Callers that connect and say nothing take up every place; the person comes through when they are shown out.
#[tokio::test]
async fn silent_callers_do_not_keep_the_person_out_for_ever() {
    let mut listener = Listener::open().await.unwrap();
    listener.patience = std::time::Duration::from_millis(100);
    let port = listener.port();
    let waiting = tokio::spawn(listener.wait(expected(&format!("127.0.0.1:{port}"))));
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    says(port, &get(port, &format!("/callback?code=c0de&state={STATE}"), "")).await;
    assert_eq!(waiting.await.unwrap(), Back::Code("c0de".into()));
}

#[tokio::test]
async fn the_state_is_good_once() {
    let listener = Listener::open().await.unwrap();
    let port = listener.port();
    let waiting = tokio::spawn(listener.wait(expected(&format!("127.0.0.1:{port}"))));
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let request = get(port, &format!("/callback?code=c{n}&state={STATE}"), "");
        callers.spawn(async move { says(port, &request).await });
    }
    let mut thanked = 0;
    while let Some(answer) = callers.join_next().await {
        thanked += u32::from(answer.unwrap().starts_with("HTTP/1.1 200"));
    }
    assert_eq!(thanked, 1);
    assert!(matches!(waiting.await.unwrap(), Back::Code(code) if code.len() == 2));
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_leaves_no_listener() {
    let listener = Listener::open().await.unwrap();
    let port = listener.port();
    let waiting = tokio::spawn(listener.wait(expected("127.0.0.1:1")));
    assert!(says(port, &get(port, "/nothing", "")).await.starts_with("HTTP/1.1 404"));
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
}
