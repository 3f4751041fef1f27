//! Discovery against name servers, web servers and mail servers on loopback.

mod config;
mod dns_server;
mod hostile;
mod https_server;
mod own;
mod probe;
mod rank;

use super::*;
use crate::model::Security;
use crate::net::Terms;
use crate::net::scripted::Authority;
use dns_server::{DnsServer, mx, srv};
use https_server::{Page, Web, file, proxy};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

const OWN: &str = "autoconfig.noralind.example/mail/config-v1.1.xml";
const WELL_KNOWN: &str = "noralind.example/.well-known/autoconfig/mail/config-v1.1.xml";
const NAMES: [&str; 2] = ["noralind.example", "autoconfig.noralind.example"];

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn nora() -> Address {
    address("nora@noralind.example")
}

/// Nobody to ask yet. The times are for sources that hang; those that answer are not waited for.
fn nobody() -> Sources {
    Sources {
        dns: Dns::Off,
        terms: Terms { proxy: Proxy::None, ..Terms::default() },
        places: Some(HashMap::new()),
        patience: Duration::from_secs(20),
        deadline: Duration::from_secs(40),
        ..Sources::system()
    }
}

impl Sources {
    fn trusting(mut self, authority: &Authority) -> Self {
        self.terms.ca_pem = Some(authority.pem.clone());
        self
    }

    fn with_dns(mut self, server: &DnsServer) -> Self {
        self.dns = Dns::At(vec![server.address]);
        self
    }

    fn at(mut self, host: &str, port: u16, place: SocketAddr) -> Self {
        self.places.get_or_insert_default().insert((host.to_owned(), port), place);
        self
    }

    fn with_web(self, web: &Web) -> Self {
        NAMES.iter().fold(self, |sources, name| sources.at(name, 443, web.address))
    }
}

/// A file that names one pair of servers.
fn naming(host: &str) -> Page {
    let server = |tag: &str, kind: &str, port: u16| {
        format!(
            "<{tag} type=\"{kind}\"><hostname>{kind}.{host}</hostname><port>{port}</port>\
             <socketType>SSL</socketType><username>%EMAILADDRESS%</username>\
             <authentication>password-cleartext</authentication></{tag}>"
        )
    };
    file(&format!(
        "<?xml version=\"1.0\"?><clientConfig version=\"1.1\"><emailProvider id=\"{host}\">{}{}\
         </emailProvider></clientConfig>",
        server("incomingServer", "imap", 993),
        server("outgoingServer", "smtp", 465)
    ))
}

/// Takes connections and never says a word.
fn mute() -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn a_domain_of_the_table_needs_no_network() {
    let dns = DnsServer::knows(vec![]).await;
    let found = discover(&address("Nora@Gmail.com"), Table::bundled(), &nobody().with_dns(&dns)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].source, ServerSource::Table);
    assert_eq!((found[0].provider.as_str(), found[0].incoming.host.as_str()), ("gmail", "imap.gmail.com"));
    assert_eq!(found[0].sentence, "nora@gmail.com is at Google.");
    assert!(dns.asked().is_empty());
}

#[tokio::test]
async fn the_file_at_the_host_for_it_is_found() {
    let authority = Authority::new("Test CA");
    let web = Web::serves(&authority, &NAMES, vec![(OWN, naming("host.example"))]).await;
    let found = discover(&nora(), Table::bundled(), &nobody().trusting(&authority).with_web(&web)).await;
    assert_eq!(
        found,
        [FoundServers {
            provider: "other".to_owned(),
            incoming: Endpoint { host: "imap.host.example".to_owned(), port: 993, security: Security::Tls },
            outgoing: Some(Endpoint {
                host: "smtp.host.example".to_owned(),
                port: 465,
                security: Security::Tls
            }),
            username: Some("nora@noralind.example".to_owned()),
            source: ServerSource::Autoconfig,
            sentence: "The website of noralind.example names these servers.".to_owned(),
        }]
    );
    // The website itself is not told whose mail it is.
    assert_eq!(web.asked(), [&format!("{OWN}?emailaddress=nora%40noralind.example"), WELL_KNOWN]);
}

#[tokio::test]
async fn the_file_on_the_website_is_found_also_behind_redirects() {
    let authority = Authority::new("Test CA");
    let elsewhere = |path: &str| Page::Redirect(format!("https://noralind.example{path}"));
    let pages = vec![
        (WELL_KNOWN, elsewhere("/1")),
        ("noralind.example/1", elsewhere("/2")),
        ("noralind.example/2", elsewhere("/3")),
        ("noralind.example/3", elsewhere("/4")),
        ("noralind.example/4", Page::Redirect("/file".to_owned())),
        ("noralind.example/file", naming("host.example")),
    ];
    let web = Web::serves(&authority, &NAMES, pages).await;
    let found = discover(&nora(), Table::bundled(), &nobody().trusting(&authority).with_web(&web)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].incoming.host, "imap.host.example");
}

#[tokio::test]
async fn the_file_is_fetched_through_the_proxy() {
    let authority = Authority::new("Test CA");
    let web = Web::serves(&authority, &NAMES, vec![(OWN, naming("host.example"))]).await;
    let (address, asked) = proxy(web.address).await;
    let mut sources = nobody().trusting(&authority);
    sources.terms.proxy = Proxy::Http { host: address.ip().to_string(), port: address.port() };
    let found = discover(&nora(), Table::bundled(), &sources).await;
    assert_eq!(found[0].source, ServerSource::Autoconfig);
    let mut asked = asked.lock().unwrap().clone();
    asked.sort();
    assert_eq!(asked, ["autoconfig.noralind.example:443", "noralind.example:443"]);
}

#[test]
fn no_lookup_goes_past_a_proxy_that_was_set() {
    let (host, port) = ("proxy.example".to_owned(), 1080);
    for (proxy, dns) in [
        (Proxy::System, Dns::System),
        (Proxy::None, Dns::System),
        (Proxy::Socks5 { host: host.clone(), port }, Dns::Off),
        (Proxy::Http { host, port }, Dns::Off),
    ] {
        let sources = Sources::through(&proxy);
        assert_eq!((sources.dns, sources.terms.proxy), (dns, proxy));
    }
}

#[tokio::test]
async fn the_domains_records_are_found() {
    let dns = DnsServer::knows(vec![
        ("_imaps._tcp.noralind.example.", srv(5, 0, 993, "backup.host.example.")),
        ("_imaps._tcp.noralind.example.", srv(0, 0, 993, "imap.host.example.")),
        ("_imap._tcp.noralind.example.", srv(0, 0, 143, "imap.host.example.")),
        ("_submissions._tcp.noralind.example.", srv(0, 0, 0, ".")),
        ("_submission._tcp.noralind.example.", srv(0, 0, 587, "smtp.host.example.")),
        ("noralind.example.", mx(10, "mx.host.example.")),
    ])
    .await;
    let found = discover(&nora(), Table::bundled(), &nobody().with_dns(&dns)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].source, ServerSource::Srv);
    assert_eq!(found[0].incoming.host, "imap.host.example");
    let outgoing = found[0].outgoing.clone().unwrap();
    assert_eq!((outgoing.port, outgoing.security), (587, Security::Starttls));
    assert_eq!(
        found[0].sentence,
        "The domain noralind.example names imap.host.example and smtp.host.example as its mail servers."
    );
    assert!(!found[0].is_sure(&nora()));
}

#[tokio::test]
async fn the_provider_behind_the_domain_is_found() {
    let dns = DnsServer::knows(vec![
        ("_imaps._tcp.noralind.example.", srv(0, 0, 0, ".")),
        ("noralind.example.", mx(5, "alt1.aspmx.l.google.com.")),
        ("noralind.example.", mx(1, "aspmx.l.google.com.")),
    ])
    .await;
    let found = discover(&nora(), Table::bundled(), &nobody().with_dns(&dns)).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].source, found[0].provider.as_str()), (ServerSource::Mx, "gmail"));
    assert_eq!(found[0].sentence, "nora@noralind.example is at Google: its mail server says so.");
}

#[tokio::test]
async fn all_together_are_ranked() {
    let authority = Authority::new("Test CA");
    let pages = vec![(OWN, naming("noralind.example")), (WELL_KNOWN, naming("fastmail.com"))];
    let web = Web::serves(&authority, &NAMES, pages).await;
    let dns = DnsServer::knows(vec![
        ("_imaps._tcp.noralind.example.", srv(0, 1, 993, "imap.fastmail.com.")),
        ("noralind.example.", mx(10, "in1-smtp.messagingengine.com.")),
    ])
    .await;
    let found =
        discover(&nora(), Table::bundled(), &nobody().trusting(&authority).with_web(&web).with_dns(&dns))
            .await;
    let told: Vec<_> = found.iter().map(|answer| (answer.source, answer.incoming.host.as_str())).collect();
    // Three sources agree; what the web host says of itself comes after that.
    assert_eq!(
        told,
        [
            (ServerSource::Autoconfig, "imap.fastmail.com"),
            (ServerSource::Autoconfig, "imap.noralind.example")
        ]
    );
    assert_eq!(found[0].sentence, "nora@noralind.example is at Fastmail: its website says so.");
}

#[tokio::test]
async fn nothing_found_is_an_empty_list() {
    let authority = Authority::new("Test CA");
    let web = Web::serves(&authority, &NAMES, vec![(OWN, Page::Status(500))]).await;
    let dns = DnsServer::knows(vec![("noralind.example.", mx(1, "mx.noralind.example."))]).await;
    let sources = nobody().trusting(&authority).with_web(&web).with_dns(&dns);
    assert_eq!(discover(&nora(), Table::bundled(), &sources).await, []);
    // Nobody has to be there at all.
    assert_eq!(discover(&nora(), Table::bundled(), &nobody()).await, []);
    for nowhere in ["nora@localhost", "nora@[127.0.0.1]", "nora@127.0.0.1"] {
        assert_eq!(discover(&address(nowhere), Table::bundled(), &sources).await, [], "{nowhere}");
    }
}

#[tokio::test]
async fn a_domain_in_other_letters_is_asked_for_in_ascii() {
    let authority = Authority::new("Test CA");
    let host = "autoconfig.xn--mller-kva.example";
    let own = format!("{host}/mail/config-v1.1.xml");
    let web = Web::serves(&authority, &[host], vec![(own.as_str(), naming("post.müller.example"))]).await;
    let dns = DnsServer::knows(vec![]).await;
    let sources = nobody().trusting(&authority).at(host, 443, web.address).with_dns(&dns);
    let found = discover(&address("björn@müller.example"), Table::bundled(), &sources).await;
    assert_eq!(found[0].incoming.host, "imap.post.xn--mller-kva.example");
    assert_eq!(found[0].sentence, "The website of müller.example names these servers.");
    assert_eq!(web.asked(), [format!("{own}?emailaddress=bj%C3%B6rn%40xn--mller-kva.example")]);
    assert_eq!(
        dns.asked(),
        ["_imap", "_imaps", "_submission", "_submissions", ""].map(|label| match label {
            "" => "xn--mller-kva.example.".to_owned(),
            label => format!("{label}._tcp.xn--mller-kva.example."),
        })
    );
}

#[tokio::test]
async fn what_hangs_does_not_hold_up_what_answers() {
    let dns = DnsServer::knows(vec![("noralind.example.", mx(1, "aspmx.l.google.com."))]).await;
    let (_listener, silent) = mute();
    let hanging = |sources: Sources| Sources { patience: Duration::from_millis(200), ..sources };
    let web_hangs = hanging(nobody().with_dns(&dns)).at("autoconfig.noralind.example", 443, silent);
    let found = discover(&nora(), Table::bundled(), &web_hangs).await;
    assert_eq!(found[0].source, ServerSource::Mx);

    let authority = Authority::new("Test CA");
    let web = Web::serves(&authority, &NAMES, vec![(OWN, naming("host.example"))]).await;
    let no_answer = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut dns_hangs = hanging(nobody().trusting(&authority).with_web(&web));
    dns_hangs.dns = Dns::At(vec![no_answer.local_addr().unwrap()]);
    let found = discover(&nora(), Table::bundled(), &dns_hangs).await;
    assert_eq!(found[0].source, ServerSource::Autoconfig);
}

#[tokio::test]
async fn it_ends_when_everything_hangs() {
    let no_answer = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (_listener, silent) = mute();
    let mut sources = nobody();
    sources.dns = Dns::At(vec![no_answer.local_addr().unwrap()]);
    sources.patience = Duration::from_millis(100);
    sources.deadline = Duration::from_millis(400);
    for (host, port) in [
        ("autoconfig.noralind.example", 443),
        ("noralind.example", 443),
        ("imap.noralind.example", 993),
        ("imap.noralind.example", 143),
        ("mail.noralind.example", 465),
    ] {
        sources = sources.at(host, port, silent);
    }
    assert_eq!(discover(&nora(), Table::bundled(), &sources).await, []);
}

#[tokio::test]
async fn a_cancelled_discovery_leaves_no_connection() {
    use tokio::io::AsyncReadExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    let email = nora();
    for (host, port) in [("noralind.example", 443), ("imap.noralind.example", 993)] {
        let sources = nobody().at(host, port, place);
        let (mut connection, _) = tokio::select! {
            found = discover(&email, Table::bundled(), &sources) => panic!("{found:?}"),
            accepted = listener.accept() => accepted.unwrap(),
        };
        // The discovery is dropped by now: what it has sent comes to an end.
        let mut sent = Vec::new();
        let _ = connection.read_to_end(&mut sent).await;
    }
}
