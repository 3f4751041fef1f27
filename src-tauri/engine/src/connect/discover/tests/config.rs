//! Autoconfig files, as providers write them and as nobody should.

use super::address;
use crate::connect::discover::config::{Config, ConfigError, parse};
use crate::model::{Endpoint, Security};
use std::fmt::Write as _;

fn endpoint(host: &str, port: u16, security: Security) -> Endpoint {
    Endpoint { host: host.to_owned(), port, security }
}

fn provider(inner: &str) -> String {
    format!("<clientConfig version=\"1.1\"><emailProvider id=\"x\">{inner}</emailProvider></clientConfig>")
}

fn imap(host: &str, port: &str, socket: &str, more: &str) -> String {
    format!(
        "<incomingServer type=\"imap\"><hostname>{host}</hostname><port>{port}</port>\
         <socketType>{socket}</socketType>{more}</incomingServer>"
    )
}

fn read(inner: &str) -> Result<Config, ConfigError> {
    parse(provider(inner).as_bytes(), &address("nora@noralind.example"))
}

#[test]
fn a_whole_file_is_read() {
    let file = r#"<?xml version="1.0" encoding="UTF-8"?>
        <!-- The hosting company's own. -->
        <clientConfig version="1.1">
          <emailProvider id="host.example">
            <domain>host.example</domain>
            <displayName>Müller &amp; S&#xF6;hne</displayName>
            <incomingServer type="pop3">
              <hostname>pop.host.example</hostname><port>995</port><socketType>SSL</socketType>
              <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication>
            </incomingServer>
            <incomingServer type="imap">
              <hostname>imap.host.example</hostname>
              <port>143</port>
              <socketType>STARTTLS</socketType>
              <username>%EMAILADDRESS%</username>
              <authentication>password-cleartext</authentication>
            </incomingServer>
            <incomingServer type="imap">
              <hostname><![CDATA[IMAP.host.]]>example</hostname>
              <port> 993 </port>
              <socketType>SSL</socketType>
              <username>%EMAILLOCALPART%&#37;%EMAILDOMAIN%</username>
              <authentication>OAuth2</authentication>
              <authentication>password-cleartext</authentication>
            </incomingServer>
            <outgoingServer type="smtp">
              <hostname>smtp.%EMAILDOMAIN%</hostname>
              <port>587</port>
              <socketType>STARTTLS</socketType>
              <username>%EMAILADDRESS%</username>
              <authentication>password-cleartext</authentication>
              <restriction>client-IP-address</restriction>
              <addThisServer>true</addThisServer>
            </outgoingServer>
            <documentation url="https://host.example/help"><descr lang="en">Settings</descr></documentation>
          </emailProvider>
          <webMail><loginPage url="https://webmail.host.example/"/></webMail>
        </clientConfig>"#;
    let config = parse(file.as_bytes(), &address("Nora@Müller.example")).unwrap();
    assert_eq!(config.incoming, endpoint("imap.host.example", 993, Security::Tls));
    let outgoing = endpoint("smtp.xn--mller-kva.example", 587, Security::Starttls);
    assert_eq!(config.outgoing, Some(outgoing));
    // A percent sign that stays could be a word that is not known here.
    assert_eq!(config.username, None);
}

#[test]
fn what_the_user_name_is_made_of_is_filled_in() {
    for (username, filled) in [
        ("%EMAILADDRESS%", Some("nora@noralind.example")),
        ("%EMAILLOCALPART%", Some("nora")),
        ("%EMAILLOCALPART%.%EMAILDOMAIN%", Some("nora.noralind.example")),
        ("noralind-mail", Some("noralind-mail")),
        ("%REALNAME%", None),
        ("a&#10;b", None),
        ("", None),
    ] {
        let server = imap("imap.noralind.example", "993", "SSL", &format!("<username>{username}</username>"));
        assert_eq!(read(&server).unwrap().username.as_deref(), filled, "{username}");
    }
}

#[test]
fn a_server_that_cannot_be_used_is_passed_over() {
    let good = imap("imap.good.example", "143", "STARTTLS", "");
    for bad in [
        imap("imap.bad.example", "143", "plain", ""),
        imap("imap.bad.example", "993", "", ""),
        imap("imap.bad.example", "0", "SSL", ""),
        imap("imap.bad.example", "65536", "SSL", ""),
        imap("imap.bad.example", "-1", "SSL", ""),
        imap("imap.bad.example", "", "SSL", ""),
        imap("", "993", "SSL", ""),
        imap("imap.bad.example&#10;x", "993", "SSL", ""),
        imap("imap.bad.example/x", "993", "SSL", ""),
        imap("localhost", "993", "SSL", ""),
        imap("127.0.0.1", "993", "SSL", ""),
        imap("%UNKNOWN%.example", "993", "SSL", ""),
        imap("imap.bad.example", "993", "SSL", "<authentication>GSSAPI</authentication>"),
        imap("imap.bad.example", "993", "SSL", "<authentication>TLS-client-cert</authentication>"),
        imap("imap.bad.example", "993", "SSL", "").replace("\"imap\"", "\"pop3\""),
        imap("imap.bad.example", "993", "SSL", "").replace(" type=\"imap\"", ""),
        imap("imap.bad.example", "993", "SSL", "").replace("incomingServer", "outgoingServer"),
        format!("<x>{}</x>", imap("imap.bad.example", "993", "SSL", "")),
    ] {
        assert_eq!(read(&format!("{bad}{good}")).unwrap().incoming.host, "imap.good.example", "{bad}");
        assert_eq!(read(&bad), Err(ConfigError::NoServer), "{bad}");
    }
}

#[test]
fn tls_comes_before_starttls_and_then_the_files_own_order() {
    let servers = [
        imap("a.example.com", "143", "STARTTLS", ""),
        imap("b.example.com", "993", "SSL", ""),
        imap("c.example.com", "993", "ssl", ""),
    ];
    assert_eq!(read(&servers.concat()).unwrap().incoming.host, "b.example.com");
    let smtp = |text: &str| text.replace("incomingServer", "outgoingServer").replace("imap", "smtp");
    let both = format!("{}{}", servers.concat(), smtp(&servers.concat()));
    assert_eq!(read(&both).unwrap().outgoing, Some(endpoint("b.example.com", 993, Security::Tls)));
}

#[test]
fn what_is_no_autoconfig_file_is_refused() {
    let malformed = |text: &str| matches!(read(text), Err(ConfigError::Malformed(_)));
    assert!(malformed("<incomingServer type=\"imap\">"));
    assert!(malformed("</incomingServer>"));
    assert!(malformed("<incomingServer type=imap></incomingServer>"));
    assert!(malformed("<"));
    assert!(malformed("&#xFFFFFFFF;"));
    let email = address("nora@noralind.example");
    assert_eq!(parse(b"", &email), Err(ConfigError::NoServer));
    assert_eq!(parse(b"Not found", &email), Err(ConfigError::NoServer));
    assert!(parse(b"\0\xff\xfe<", &email).is_err());
    assert_eq!(parse(b"<!DOCTYPE html><html></html>", &email), Err(ConfigError::Doctype));
    let half = provider(&imap("imap.noralind.example", "993", "SSL", ""));
    for end in 1..half.len() {
        assert!(parse(&half.as_bytes()[..end], &email).is_err(), "{end}");
    }
}

#[test]
fn an_old_charset_beside_the_point_does_no_harm() {
    let mut file = b"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>".to_vec();
    let named =
        format!("<displayName>M?ller</displayName>{}", imap("imap.noralind.example", "993", "SSL", ""));
    file.extend(provider(&named).into_bytes().into_iter().map(|byte| if byte == b'?' { 0xfc } else { byte }));
    let config = parse(&file, &address("nora@noralind.example")).unwrap();
    assert_eq!(config.incoming.host, "imap.noralind.example");
}

#[test]
fn bombs_do_not_go_off() {
    let email = address("nora@noralind.example");
    let mut laughs = String::from("<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">");
    for step in 1..10 {
        let ten = format!("&lol{};", step - 1).repeat(10);
        write!(laughs, "<!ENTITY lol{step} \"{ten}\">").unwrap();
    }
    laughs.push_str("]>");
    laughs.push_str(&provider("&lol9;"));
    assert_eq!(parse(laughs.as_bytes(), &email), Err(ConfigError::Doctype));

    let quadratic =
        format!("<!DOCTYPE x [<!ENTITY a \"{}\">]>{}", "a".repeat(20_000), provider(&"&a;".repeat(10_000)));
    assert_eq!(parse(quadratic.as_bytes(), &email), Err(ConfigError::Doctype));
    let outside = "<!DOCTYPE x SYSTEM \"https://noralind.example/x.dtd\"><clientConfig/>";
    assert_eq!(parse(outside.as_bytes(), &email), Err(ConfigError::Doctype));
    assert_eq!(read("&lol9;"), Err(ConfigError::Entity));

    assert_eq!(parse("<a>".repeat(20_000).as_bytes(), &email), Err(ConfigError::TooDeep));
    assert_eq!(parse(&vec![b' '; 64 * 1024 + 1], &email), Err(ConfigError::TooLong));
    let many = imap("imap.noralind.example", "993", "SSL", "").repeat(400);
    assert_eq!(read(&many).unwrap().incoming.host, "imap.noralind.example");
    let mut attributes = String::new();
    for number in 0..6_000 {
        write!(attributes, " a{number}=\"\"").unwrap();
    }
    let wide = format!("<incomingServer{attributes} type=\"imap\"></incomingServer>");
    assert_eq!(read(&wide), Err(ConfigError::NoServer));
}
