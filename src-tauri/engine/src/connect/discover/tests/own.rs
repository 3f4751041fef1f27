//! A company's own provider file beside the bundled table.

use super::*;

const COMPANY: &str = r#"{
    "issuers": [{"id": "orchard", "name": "Orchard", "authorization_endpoint": "https://id.orchard.example/a",
        "token_endpoint": "https://id.orchard.example/t", "scopes": ["mail"]}],
    "providers": [
        {"id": "orchard", "name": "Orchard Mail", "mark": "O", "imap": ["imap.orchard.example", 993, "tls"],
         "smtp": ["smtp.orchard.example", 465, "tls"], "issuer": "orchard", "takes_password": false,
         "password_label": "Password", "domains": ["orchard.example"],
         "exchangers": [{"suffix": "mx.orchard.example"}], "guidance": []},
        {"id": "zoho", "name": "Zoho, by the gateway", "mark": "Z", "imap": ["imap.gateway.example", 993, "tls"],
         "smtp": ["smtp.gateway.example", 465, "tls"], "takes_password": true, "password_label": "Password",
         "domains": ["zoho.com"], "exchangers": [{"suffix": "zoho.com"}], "guidance": []}
    ]}"#;

fn company() -> Table {
    Table::bundled().clone().with(COMPANY).unwrap()
}

fn told(found: &[FoundServers]) -> (&str, &str, ServerSource) {
    assert_eq!(found.len(), 1, "{found:?}");
    (&found[0].provider, &found[0].incoming.host, found[0].source)
}

#[tokio::test]
async fn an_own_row_is_known_by_its_domain_and_whoever_else_names_it() {
    let table = company();
    let found = discover(&address("nora@orchard.example"), &table, &nobody()).await;
    assert_eq!(told(&found), ("orchard", "imap.orchard.example", ServerSource::Table));
    assert_eq!(found[0].sentence, "nora@orchard.example is at Orchard Mail.");

    let mail = DnsServer::knows(vec![("noralind.example.", mx(1, "in1.mx.orchard.example."))]).await;
    let found = discover(&nora(), &table, &nobody().with_dns(&mail)).await;
    assert_eq!(told(&found), ("orchard", "imap.orchard.example", ServerSource::Mx));
    assert_eq!(found[0].sentence, "nora@noralind.example is at Orchard Mail: its mail server says so.");

    let records = vec![("_imaps._tcp.noralind.example.", srv(0, 0, 993, "imap.orchard.example."))];
    let services = DnsServer::knows(records).await;
    let found = discover(&nora(), &table, &nobody().with_dns(&services)).await;
    assert_eq!(told(&found), ("orchard", "imap.orchard.example", ServerSource::Srv));

    let authority = Authority::new("Test CA");
    let web = Web::serves(&authority, &NAMES, vec![(OWN, naming("orchard.example"))]).await;
    let found = discover(&nora(), &table, &nobody().trusting(&authority).with_web(&web)).await;
    assert_eq!(told(&found), ("orchard", "imap.orchard.example", ServerSource::Autoconfig));
    assert_eq!(found[0].sentence, "nora@noralind.example is at Orchard Mail: its website says so.");
}

#[tokio::test]
async fn a_replaced_row_gives_its_own_hosts() {
    let table = company();
    let found = discover(&address("nora@zoho.com"), &table, &nobody()).await;
    assert_eq!(told(&found), ("zoho", "imap.gateway.example", ServerSource::Table));
    let dns = DnsServer::knows(vec![("noralind.example.", mx(1, "mx.zoho.com."))]).await;
    let found = discover(&nora(), &table, &nobody().with_dns(&dns)).await;
    assert_eq!(told(&found), ("zoho", "imap.gateway.example", ServerSource::Mx));
    // The rest of the table is there still.
    let found = discover(&address("nora@gmail.com"), &table, &nobody()).await;
    assert_eq!(told(&found), ("gmail", "imap.gmail.com", ServerSource::Table));
}

#[tokio::test]
async fn an_own_row_comes_before_a_bundled_one_with_the_same_servers() {
    let own = r#"{"providers": [{"id": "studio", "name": "The studio", "mark": "S",
        "imap": ["imap.fastmail.com", 993, "tls"], "smtp": ["smtp.fastmail.com", 465, "tls"],
        "takes_password": true, "password_label": "Password", "domains": [],
        "exchangers": [{"suffix": "messagingengine.com"}], "guidance": []}]}"#;
    let table = Table::bundled().clone().with(own).unwrap();
    let dns = DnsServer::knows(vec![
        ("_imaps._tcp.noralind.example.", srv(0, 0, 993, "imap.fastmail.com.")),
        ("noralind.example.", mx(1, "in1-smtp.messagingengine.com.")),
    ])
    .await;
    assert_eq!(discover(&nora(), &table, &nobody().with_dns(&dns)).await[0].provider, "studio");
    let records = vec![("_imaps._tcp.noralind.example.", srv(0, 0, 993, "imap.fastmail.com."))];
    let services = DnsServer::knows(records).await;
    assert_eq!(discover(&nora(), &table, &nobody().with_dns(&services)).await[0].provider, "studio");
}
