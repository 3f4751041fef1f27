//! DNS records and ranking as rules, without a network.

use super::address;
use crate::connect::discover::dns::{from_exchanges, from_services};
use crate::connect::discover::{Claim, FoundServers, ServerSource, known, rank};
use crate::connect::providers::Table;
use crate::model::{Address, Endpoint, Security};
use hickory_resolver::proto::rr::Name;
use hickory_resolver::proto::rr::rdata::{MX, SRV};

fn tls(host: &str, port: u16) -> Endpoint {
    Endpoint { host: host.to_owned(), port, security: Security::Tls }
}

fn claim(source: ServerSource, incoming: &str, outgoing: Option<&str>) -> Claim {
    Claim {
        source,
        provider: None,
        incoming: tls(incoming, 993),
        outgoing: outgoing.map(|host| tls(host, 465)),
        username: None,
    }
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> SRV {
    SRV::new(priority, weight, port, Name::from_ascii(target).unwrap())
}

fn delivered(exchanges: &[(u16, &str)]) -> Option<Claim> {
    let named = |&(preference, host): &(u16, &str)| MX::new(preference, Name::from_ascii(host).unwrap());
    from_exchanges(exchanges.iter().map(named), Table::bundled())
}

fn ranked(email: &Address, claims: Vec<Claim>) -> Vec<FoundServers> {
    rank::ranked(email, Table::bundled(), claims)
}

fn provider_of(
    incoming: &Endpoint,
    outgoing: Option<&Endpoint>,
    preferred: Option<&str>,
) -> Option<&'static str> {
    known::provider_of(incoming, outgoing, preferred, Table::bundled())
}

#[test]
fn services_are_chosen_by_priority_then_weight() {
    let found = from_services(
        vec![
            srv(20, 9, 993, "third.noralind.example."),
            srv(10, 1, 993, "second.noralind.example."),
            srv(10, 5, 9993, "FIRST.noralind.example."),
        ],
        vec![srv(0, 0, 143, "plain.noralind.example.")],
        vec![],
        vec![srv(0, 0, 587, "submit.noralind.example.")],
    )
    .unwrap();
    assert_eq!(found.incoming, tls("first.noralind.example", 9993));
    let submit =
        Endpoint { host: "submit.noralind.example".to_owned(), port: 587, security: Security::Starttls };
    assert_eq!(found.outgoing, Some(submit));
}

#[test]
fn what_is_not_offered_is_not_found() {
    let none = || vec![srv(0, 0, 0, ".")];
    let imap = || vec![srv(0, 0, 143, "imap.noralind.example.")];
    let submission = || vec![srv(0, 0, 465, "smtp.noralind.example.")];
    let found = from_services(none(), imap(), none(), submission()).unwrap();
    assert_eq!(found.incoming.security, Security::Starttls);
    // Announced by the older name, but on the port where TLS comes first.
    assert_eq!(found.outgoing, Some(tls("smtp.noralind.example", 465)));
    assert_eq!(from_services(none(), imap(), none(), none()).unwrap().outgoing, None);
    assert_eq!(from_services(none(), none(), submission(), vec![]), None);
    assert_eq!(from_services(vec![], vec![], vec![], vec![]), None);
    let spaced = Name::from_labels([b"imap host".as_slice(), b"example"]).unwrap();
    assert_eq!(from_services(vec![SRV::new(0, 0, 993, spaced)], vec![], vec![], vec![]), None);
}

#[test]
fn every_row_of_the_exchangers_names_a_provider_that_can_be_connected() {
    let table = Table::bundled();
    let rows: Vec<_> =
        table.all().iter().flat_map(|p| p.exchangers.iter().map(move |row| (p, row))).collect();
    assert!(rows.len() > 10);
    for (provider, row) in rows {
        let found = known::behind(&format!("mx1.{}", row.suffix), table).unwrap_or_else(|| panic!("{row:?}"));
        assert_eq!(found.provider.as_ref(), Some(&provider.id));
        let named = provider_of(&found.incoming, found.outgoing.as_ref(), found.provider.as_deref());
        let shared = provider.incoming.as_ref().unwrap();
        assert!(named == found.provider.as_deref() || found.incoming.host != shared.host, "{row:?}");
    }
}

#[test]
fn the_mail_exchanger_tells_the_provider() {
    for (exchanges, provider, incoming) in [
        (&[(1, "aspmx.l.google.com."), (5, "alt1.aspmx.l.google.com.")][..], "gmail", "imap.gmail.com"),
        (&[(1, "SMTP.Google.com.")], "gmail", "imap.gmail.com"),
        (&[(30, "aspmx2.googlemail.com.")], "gmail", "imap.gmail.com"),
        (&[(0, "noralind-example.mail.protection.outlook.com.")], "microsoft365", "outlook.office365.com"),
        (&[(0, "noralind-example.k-v1.mx.microsoft.")], "microsoft365", "outlook.office365.com"),
        (&[(2, "outlook-com.olc.protection.outlook.com.")], "outlook", "outlook.office365.com"),
        (&[(10, "mx.zoho.com."), (20, "mx2.zoho.com.")], "zoho", "imappro.zoho.com"),
        (&[(10, "mx.zoho.eu.")], "zoho", "imappro.zoho.eu"),
        (&[(10, "in1-smtp.messagingengine.com.")], "fastmail", "imap.fastmail.com"),
        (&[(10, "mx01.mail.icloud.com.")], "icloud", "imap.mail.me.com"),
        (&[(1, "mta5.am0.yahoodns.net.")], "yahoo", "imap.mail.yahoo.com"),
        (&[(10, "mx00.gmx.net.")], "gmx", "imap.gmx.net"),
        // A filter stands before it.
        (&[(1, "mx1.filter.example."), (9, "aspmx.l.google.com.")], "gmail", "imap.gmail.com"),
        (&[(9, "aspmx.l.google.com."), (1, "mx.zoho.com.")], "zoho", "imappro.zoho.com"),
    ] {
        let found = delivered(exchanges).unwrap_or_else(|| panic!("{exchanges:?}"));
        assert_eq!((found.provider.as_deref(), found.incoming.host.as_str()), (Some(provider), incoming));
        assert!(found.outgoing.is_some());
    }
    for unknown in ["mx.noralind.example.", "notl.google.com.", "google.com.evil.example.", ".", "com."] {
        assert_eq!(delivered(&[(1, unknown)]), None, "{unknown}");
    }
}

#[test]
fn servers_are_known_by_their_hosts() {
    let outlook = tls("outlook.office365.com", 993);
    let host = |text: &str| tls(text, 993);
    assert_eq!(provider_of(&host("imap.gmail.com"), None, None), Some("gmail"));
    assert_eq!(provider_of(&host("imappro.zoho.com"), None, None), Some("zoho_own"));
    assert_eq!(provider_of(&host("imap.notgmail.com"), None, None), None);
    assert_eq!(provider_of(&host("imap.noralind.example"), None, Some("gmail")), None);
    // Two share a server.
    assert_eq!(provider_of(&outlook, None, None), Some("microsoft365"));
    assert_eq!(provider_of(&outlook, None, Some("outlook")), Some("outlook"));
    let consumer = tls("smtp-mail.outlook.com", 587);
    assert_eq!(provider_of(&outlook, Some(&consumer), None), Some("outlook"));
}

#[test]
fn the_stronger_source_comes_first_and_names_the_servers() {
    use ServerSource::{Autoconfig, Probe, Srv};
    let email = address("nora@müller.example");
    let mut website = claim(Autoconfig, "imap.host.example", None);
    website.username = Some("nora".to_owned());
    let answers = ranked(
        &email,
        vec![
            claim(Probe, "imap.xn--mller-kva.example", Some("smtp.xn--mller-kva.example")),
            claim(Srv, "imap.host.example", Some("smtp.xn--mller-kva.example")),
            website,
        ],
    );
    let told: Vec<_> = answers.iter().map(|answer| (answer.source, answer.sentence.as_str())).collect();
    assert_eq!(
        told,
        [
            (Autoconfig, "The website of müller.example names these servers."),
            (Probe, "Found by trying: imap.xn--mller-kva.example and smtp.xn--mller-kva.example answer."),
        ]
    );
    // One answer of two sources, each with what the other did not say.
    assert_eq!(answers[0].outgoing, Some(tls("smtp.xn--mller-kva.example", 465)));
    assert_eq!(answers[0].username.as_deref(), Some("nora"));
    assert_eq!(answers[0].provider, "other");
}

#[test]
fn other_servers_are_another_answer() {
    use ServerSource::{Autoconfig, Srv};
    let answers = ranked(
        &address("nora@noralind.example"),
        vec![
            claim(Srv, "imap.host.example", Some("smtp.other.example")),
            claim(Autoconfig, "imap.host.example", Some("smtp.host.example")),
        ],
    );
    assert_eq!(answers.len(), 2);
    assert_eq!(
        answers[1].sentence,
        "The domain noralind.example names imap.host.example and smtp.other.example as its mail servers."
    );
    assert_eq!(ranked(&address("nora@noralind.example"), vec![]), []);
}

#[test]
fn mail_is_where_it_is_delivered() {
    use ServerSource::{Autoconfig, Mx, Srv};
    let email = address("nora@noralind.example");
    let google = || delivered(&[(1, "aspmx.l.google.com.")]).unwrap();
    // The web host announces its own mail server, but the mail goes to Google.
    let web_host = claim(Autoconfig, "mail.noralind.example", Some("mail.noralind.example"));
    let answers = ranked(&email, vec![web_host, google()]);
    assert_eq!([answers[0].source, answers[1].source], [Mx, Autoconfig]);
    assert_eq!(answers[0].sentence, "nora@noralind.example is at Google: its mail server says so.");

    // The domain names the provider's servers itself: one answer, and the mail goes there indeed.
    let own = claim(Srv, "imap.gmail.com", Some("smtp.gmail.com"));
    let answers = ranked(&email, vec![google(), own]);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].sentence, "nora@noralind.example is at Google: its mail server says so.");
    assert_eq!(answers[0].provider, "gmail");

    // Another server of the same provider: the domain knows better than the table.
    let zoho = delivered(&[(1, "mx.zoho.com.")]).unwrap();
    let answers = ranked(&email, vec![zoho, claim(Autoconfig, "imap.zoho.com", None)]);
    assert_eq!([answers[0].source, answers[1].source], [Autoconfig, Mx]);
}

#[test]
fn a_secret_goes_unseen_only_to_servers_that_are_sure() {
    use ServerSource::{Autoconfig, Mx, Probe, Srv, Table};
    let email = address("nora@noralind.example");
    let own = ("imap.noralind.example", Some("smtp.noralind.example"));
    for (source, (incoming, outgoing), sure) in [
        (Table, ("imap.host.example", Some("smtp.host.example")), true),
        (Autoconfig, ("imap.host.example", Some("smtp.host.example")), true),
        (Mx, ("imap.host.example", Some("smtp.host.example")), true),
        (Srv, own, true),
        (Srv, ("imap.noralind.example", None), true),
        (Srv, ("noralind.example", Some("noralind.example")), true),
        (Srv, ("imap.host.example", None), false),
        (Srv, ("imap.noralind.example", Some("smtp.host.example")), false),
        (Srv, ("imap.host.example", Some("smtp.noralind.example")), false),
        (Srv, ("imap.evilnoralind.example", None), false),
        (Srv, ("imap.noralind.example.evil.example", None), false),
        (Srv, ("imap.gmail.com", Some("smtp.gmail.com")), false),
        (Probe, own, true),
        (Probe, ("imap.host.example", None), false),
    ] {
        let answers = ranked(&email, vec![claim(source, incoming, outgoing)]);
        assert_eq!(answers[0].is_sure(&email), sure, "{source:?} {incoming} {outgoing:?}");
    }
}

#[test]
fn an_unsure_answer_names_its_hosts() {
    let email = address("nora@noralind.example");
    for (incoming, outgoing, names) in [
        ("imap.host.example", None, "imap.host.example as its mail server"),
        ("mail.host.example", Some("mail.host.example"), "mail.host.example as its mail server"),
        ("imap.noralind.example", Some("smtp.host.example"), "smtp.host.example as its mail server"),
        (
            "imap.gmail.com",
            Some("smtp.evil.example"),
            "imap.gmail.com and smtp.evil.example as its mail servers",
        ),
        ("imap.noralind.example", None, "these servers"),
    ] {
        let answers = ranked(&email, vec![claim(ServerSource::Srv, incoming, outgoing)]);
        assert_eq!(answers[0].sentence, format!("The domain noralind.example names {names}."));
    }
}

#[test]
fn records_without_a_signature_add_no_server_to_a_sure_answer() {
    use ServerSource::{Autoconfig, Mx, Srv};
    let email = address("nora@noralind.example");
    let website = || claim(Autoconfig, "imap.host.example", None);
    let answers = ranked(&email, vec![website(), claim(Srv, "imap.host.example", Some("smtp.evil.example"))]);
    assert_eq!((answers[0].outgoing.as_ref(), answers[0].is_sure(&email)), (None, true));
    assert_eq!((answers[1].source, answers[1].is_sure(&email)), (Srv, false));

    let google = || delivered(&[(1, "aspmx.l.google.com.")]).unwrap();
    let one_name = |outgoing| ranked(&email, vec![claim(Srv, "imap.gmail.com", outgoing), google()]);
    // The MX leads to the same servers, so they are sure; a server that it does not lead to is not.
    assert_eq!((one_name(None)[0].source, one_name(None).len()), (Mx, 1));
    assert!(one_name(Some("smtp.gmail.com"))[0].is_sure(&email));
    let evil = one_name(Some("smtp.evil.example"));
    assert_eq!((evil[0].is_sure(&email), evil[1].is_sure(&email)), (false, true));
    // A provider through which nothing is sent says nothing of an outgoing server.
    let reads_only = Claim { outgoing: None, ..google() };
    let answers = ranked(&email, vec![claim(Srv, "imap.gmail.com", Some("smtp.evil.example")), reads_only]);
    assert!(answers.iter().all(|answer| answer.outgoing.is_none() || !answer.is_sure(&email)));
}
