//! The usual names, tried against mail servers that play a dialogue.

use super::*;
use crate::net::scripted::{Scripted, Turn, hear, say, self_signed};

fn at(sources: Sources, host: &str, port: u16, server: &Scripted) -> Sources {
    sources.at(host, port, SocketAddr::from(([127, 0, 0, 1], server.port)))
}

#[tokio::test]
async fn servers_under_the_usual_names_are_found_without_a_credential() {
    let authority = Authority::new("Test CA");
    let imap_names = authority.server(&["imap.noralind.example"], 2045);
    let imap =
        Scripted::plays(vec![Turn::Tls(imap_names), say("* OK Dovecot ready.\n"), hear("LOGOUT")]).await;
    let smtp_names = authority.server(&["smtp.noralind.example"], 2045);
    let greeting = say("220-smtp.noralind.example ESMTP\n220 Welcome\n");
    let smtp = Scripted::plays(vec![Turn::Tls(smtp_names), greeting, hear("QUIT")]).await;
    let sources = at(nobody().trusting(&authority), "imap.noralind.example", 993, &imap);
    let found = discover(&nora(), Table::bundled(), &at(sources, "smtp.noralind.example", 465, &smtp)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].source, ServerSource::Probe);
    assert_eq!(found[0].incoming.host, "imap.noralind.example");
    assert_eq!(found[0].outgoing.as_ref().map(|outgoing| outgoing.port), Some(465));
    assert_eq!(found[0].sentence, "Found by trying: imap.noralind.example and smtp.noralind.example answer.");
    assert_eq!((imap.heard().await, smtp.heard().await), ("P9 LOGOUT\n".into(), "QUIT\n".into()));
}

#[tokio::test]
async fn starttls_is_taken_where_that_is_all_there_is() {
    let authority = Authority::new("Test CA");
    let name = || authority.server(&["mail.noralind.example"], 2045);
    let imap = Scripted::plays(vec![
        say("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\n"),
        hear("STARTTLS"),
        say("{tag} OK Begin TLS\n"),
        Turn::Tls(name()),
        hear("LOGOUT"),
    ])
    .await;
    let smtp = Scripted::plays(vec![
        say("220 mail ESMTP\n"),
        hear("EHLO"),
        say("250-mail\n250-PIPELINING\n250 STARTTLS\n"),
        hear("STARTTLS"),
        say("220 Go\n"),
        Turn::Tls(name()),
        hear("QUIT"),
    ])
    .await;
    let sources = at(nobody().trusting(&authority), "mail.noralind.example", 143, &imap);
    let found = discover(&nora(), Table::bundled(), &at(sources, "mail.noralind.example", 587, &smtp)).await;
    let outgoing = found[0].outgoing.clone().unwrap();
    assert_eq!((found[0].incoming.port, found[0].incoming.security), (143, Security::Starttls));
    assert_eq!((outgoing.port, outgoing.security), (587, Security::Starttls));
    assert_eq!(found[0].sentence, "Found by trying: mail.noralind.example answers.");
    imap.heard().await;
    smtp.heard().await;
}

#[tokio::test]
async fn imap_comes_before_mail_and_sending_may_be_missing() {
    let authority = Authority::new("Test CA");
    let names = ["imap.noralind.example", "mail.noralind.example"];
    let turns = || vec![Turn::Tls(authority.server(&names, 2045)), say("* OK ready\n")];
    let (imap, mail) = (Scripted::plays(turns()).await, Scripted::plays(turns()).await);
    let sources = at(nobody().trusting(&authority), "imap.noralind.example", 993, &imap);
    let found = discover(&nora(), Table::bundled(), &at(sources, "mail.noralind.example", 993, &mail)).await;
    assert_eq!(found[0].incoming.host, "imap.noralind.example");
    assert_eq!(found[0].outgoing, None);
}

#[tokio::test]
async fn what_is_no_trustworthy_mail_server_is_not_found() {
    let authority = Authority::new("Test CA");
    let good = || authority.server(&["imap.noralind.example"], 2045);
    let other = authority.server(&["server17.host.example"], 2045);
    let ready = "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\n";
    let (unknown, _) = self_signed(&["imap.noralind.example"], 2045, false);
    for (port, turns) in [
        (993, vec![Turn::Tls(other), say("* OK ready\n")]),
        (993, vec![Turn::Tls(unknown), say("* OK ready\n")]),
        (993, vec![Turn::Tls(good()), say("* PREAUTH ready\n")]),
        (993, vec![Turn::Tls(good()), say("* BYE busy\n")]),
        (993, vec![Turn::Tls(good()), say("HTTP/1.1 400 Bad Request\n")]),
        (993, vec![say("* OK without TLS\n"), Turn::Silence]),
        (993, vec![]),
        (143, vec![say("* PREAUTH ready\n"), Turn::Silence]),
        (143, vec![say("* OK [CAPABILITY IMAP4rev1] ready\n")]),
        (143, vec![say(ready), hear("STARTTLS"), say("{tag} NO not today\n")]),
        (143, vec![say(ready), hear("STARTTLS"), say("{tag} OK now\n* OK slipped in\n")]),
        (143, vec![say(ready), hear("STARTTLS"), say("{tag} OK now\n"), say("no TLS\n")]),
    ] {
        let server = Scripted::plays(turns).await;
        let sources = at(nobody().trusting(&authority), "imap.noralind.example", port, &server);
        assert_eq!(discover(&nora(), Table::bundled(), &sources).await, [], "port {port}");
        let heard = server.heard().await.to_ascii_uppercase();
        for word in ["LOGIN", "AUTHENTICATE", "NORA@"] {
            assert!(!heard.contains(word), "{heard}");
        }
    }
}

#[tokio::test]
async fn an_outgoing_server_that_strips_starttls_is_left_out() {
    let authority = Authority::new("Test CA");
    let imap_turns = vec![Turn::Tls(authority.server(&["imap.noralind.example"], 2045)), say("* OK ready\n")];
    let imap = Scripted::plays(imap_turns).await;
    let smtp =
        Scripted::plays(vec![say("220 mail\n"), hear("EHLO"), say("250-mail\n250 AUTH PLAIN LOGIN\n")]).await;
    let sources = at(nobody().trusting(&authority), "imap.noralind.example", 993, &imap);
    let found = discover(&nora(), Table::bundled(), &at(sources, "mail.noralind.example", 587, &smtp)).await;
    assert_eq!(found[0].outgoing, None);
    assert_eq!(smtp.heard().await, "EHLO [127.0.0.1]\n");
}

#[tokio::test]
async fn nothing_is_tried_when_the_domain_has_spoken() {
    let server = Scripted::plays(vec![Turn::Silence]).await;
    let dns = DnsServer::knows(vec![("noralind.example.", mx(1, "aspmx.l.google.com."))]).await;
    let sources = at(nobody().with_dns(&dns), "imap.noralind.example", 993, &server);
    assert_eq!(discover(&nora(), Table::bundled(), &sources).await[0].source, ServerSource::Mx);
    // The server is still free for its one connection.
    let address = ("127.0.0.1", server.port);
    drop(tokio::net::TcpStream::connect(address).await.unwrap());
    assert_eq!(server.heard().await, "");
}
