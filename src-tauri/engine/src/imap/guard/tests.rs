//! What passes the guard, and that everything which passes can be parsed.

use super::*;
use imap_proto::{AttributeValue, MailboxDatum, Response};

fn through(input: &[u8], chunk: usize) -> Result<Vec<u8>, GuardError> {
    let mut filter = Filter::new(false, LITERAL_CAP);
    let mut out = Vec::new();
    for part in input.chunks(chunk) {
        filter.feed(part, &mut out)?;
    }
    Ok(out)
}

fn passes(input: &str) -> String {
    let input = input.as_bytes();
    let whole = through(input, usize::MAX).unwrap();
    assert_eq!(through(input, 1).unwrap(), whole, "the same byte by byte");
    let mut rest = whole.as_slice();
    while !rest.is_empty() {
        let (after, _) = Response::parse(rest)
            .unwrap_or_else(|error| panic!("{error:?} in {:?}", String::from_utf8_lossy(rest)));
        rest = after;
    }
    String::from_utf8(whole).unwrap()
}

#[test]
fn what_was_asked_for_passes_in_one_spelling() {
    for (said, passed) in [
        ("* OK [UIDVALIDITY 7] ok\r\n", "* OK [UIDVALIDITY 7] ok\r\n"),
        ("* ok\r\n", "* OK \r\n"),
        ("H12 NO [LIMIT] too many\r\n", "H12 NO [LIMIT] too many\r\n"),
        ("* BYE bye\n", "* BYE bye\r\n"),
        ("+\r\n", "+ \r\n"),
        ("+ VXNlcg==\r\n", "+ VXNlcg==\r\n"),
        (
            "* CAPABILITY IMAP4rev2 IDLE AUTH=PLAIN\r\n",
            "* CAPABILITY IMAP4rev1 IMAP4rev2 IDLE AUTH=PLAIN\r\n",
        ),
        ("* SEARCH 1 5 9 (MODSEQ 917162500)\r\n", "* SEARCH 1 5 9\r\n"),
        ("* SEARCH\r\n", "* SEARCH\r\n"),
        ("* search 3 x 4 99999999999\r\n", "* SEARCH 3 4\r\n"),
        ("* 23 EXISTS\r\n", "* 23 EXISTS\r\n"),
        ("* VANISHED (EARLIER) 41,43:116\r\n", "* VANISHED (EARLIER) 41,43:116\r\n"),
        (
            "* LIST (\\HasChildren \\AllMail \\Sent) \"/\" \"a\\\"b\"\r\n",
            "* LIST (\\HasChildren \\Sent) \"/\" {3}\r\na\"b\r\n",
        ),
        ("* LIST () NIL INBOX (\"OLDNAME\" (x))\r\n", "* LIST () NIL {5}\r\nINBOX\r\n"),
        (
            "* LIST (\\Noselect) \"\\\\\" {4}\r\na(b) ({3}\r\nxyz)\r\n",
            "* LIST (\\Noselect) \"\\\\\" {4}\r\na(b)\r\n",
        ),
        (
            "* STATUS \"a b\" (MESSAGES 3 SIZE 99999999999 MAILBOXID (x) UIDNEXT 4)\r\n",
            "* STATUS {3}\r\na b (MESSAGES 3 UIDNEXT 4)\r\n",
        ),
    ] {
        assert_eq!(passes(said), passed, "{said:?}");
    }
}

#[test]
fn fetch_answers_keep_what_was_asked_for() {
    for (said, passed) in [
        ("* 1 FETCH (UID 4 FLAGS (\\Seen $Label [x] {y))\r\n", "* 1 FETCH (UID 4 FLAGS (\\Seen $Label))\r\n"),
        ("* 1 FETCH (INTERNALDATE NIL UID 4)\r\n", "* 1 FETCH (UID 4)\r\n"),
        (
            "* 1 FETCH (internaldate \" 1-Jul-2026 02:44:25 -0700\" uid 4)\r\n",
            "* 1 FETCH (INTERNALDATE \" 1-Jul-2026 02:44:25 -0700\" UID 4)\r\n",
        ),
        (
            "* 1 FETCH (UID 4 BODYSTRUCTURE ((((\"a)\" {3}\r\n)))) (()) x))) BODY[] {5}\r\nhello)\r\n",
            "* 1 FETCH (UID 4 BODY[] {5}\r\nhello)\r\n",
        ),
        (
            "* 1 FETCH (BODY[HEADER.FIELDS (\"FROM\" TO)] {3}\r\na\r\n UID 4)\r\n",
            "* 1 FETCH (BODY[HEADER] {3}\r\na\r\n UID 4)\r\n",
        ),
        (
            "* 1 FETCH (BODY[HEADER.FIELDS ({4}\r\nFROM {2}\r\nTO)] {2}\r\nhi UID 4)\r\n",
            "* 1 FETCH (BODY[HEADER] {2}\r\nhi UID 4)\r\n",
        ),
        ("* 1 FETCH (UID 4 BODY[] \"a\\\"b\")\r\n", "* 1 FETCH (UID 4 BODY[] {3}\r\na\"b)\r\n"),
        ("* 1 FETCH (UID 4 BODY[]<100> ~{2}\r\nhi)\r\n", "* 1 FETCH (UID 4 BODY[]<100> {2}\r\nhi)\r\n"),
        ("* 1 FETCH (UID 4 BODY[1.2] NIL BODY[TEXT] {2}\r\nxx)\r\n", "* 1 FETCH (UID 4 BODY[1.2] NIL)\r\n"),
        (
            "* 1 FETCH (X-GM-LABELS (\"\\\\Sent\" \\Inbox a \"b c\" {3}\r\nd\"e) X-GM-MSGID 1278455344230334865)\r\n",
            "* 1 FETCH (X-GM-LABELS (\"\\\\Sent\" \"\\\\Inbox\" \"a\" \"b c\" \"d\\\"e\") X-GM-MSGID 1278455344230334865)\r\n",
        ),
        ("* 1 FETCH (MODSEQ (65402) UID 99999999999)\r\n", "* 1 FETCH (MODSEQ (65402))\r\n"),
        ("* 1 FETCH (ENVELOPE (NIL))\r\n* 2 EXISTS\r\n", "* 2 EXISTS\r\n"),
        ("* 1 FETCH (UID 4 FLAGS(\\Seen)\r\n", "* 1 FETCH (UID 4 FLAGS (\\Seen))\r\n"),
    ] {
        assert_eq!(passes(said), passed, "{said:?}");
    }
}

#[test]
fn what_imap_proto_cannot_parse_is_left_out() {
    for said in [
        "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
        "* ESEARCH (TAG \"A1\") UID ALL 1:3\r\n",
        "* THREAD (2)(3 6 (4 23))\r\n",
        "* 7 RECENT\r\n",
        "* FLAGS (a b)\r\n",
        "* LIST () \"/\" {6}\r\na\r\nb\u{1}x\r\n",
        "* X {10}\r\nA1 OK hi\r\n more\r\n",
        "A0001 OK somebody else's tag\r\n",
        "nonsense\r\n",
        "\r\n",
        "* \r\n",
        "*\r\n",
        "H1 PREAUTH no\r\n",
        "* BINARY {3}\r\nabc\r\n",
    ] {
        assert_eq!(passes(said), "", "{said:?}");
    }
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}{})\r\n", "(".repeat(25_000), ")".repeat(25_000));
    assert_eq!(passes(&deep), "");
    let deeper = format!("* 1 FETCH (UID 3 {})\r\n", "(".repeat(25_000));
    assert_eq!(passes(&deeper), "* 1 FETCH (UID 3)\r\n");
}

#[test]
fn a_search_of_many_answers_passes_in_parts() {
    let numbers: Vec<String> = (1..=20_000_u32).map(|n| n.to_string()).collect();
    let said = format!("* SEARCH {} (MODSEQ 5)\r\nH1 OK done\r\n", numbers.join(" "));
    for chunk in [7, 1000, 32 * 1024, usize::MAX] {
        let out = through(said.as_bytes(), chunk).unwrap();
        let (mut rest, mut found) = (out.as_slice(), Vec::new());
        while !rest.is_empty() {
            let (after, response) = Response::parse(rest).unwrap();
            if let Response::MailboxData(MailboxDatum::Search(part)) = response {
                found.extend(part);
            }
            rest = after;
        }
        assert_eq!(found, (1..=20_000).collect::<Vec<_>>(), "in chunks of {chunk}");
    }
}

#[test]
fn what_never_ends_is_an_error() {
    let endless = vec![b'x'; 200_000];
    assert!(matches!(through(&endless, 1000), Err(GuardError::LineTooLong)));
    let search = [b"* SEARCH ".as_slice(), &endless].concat();
    assert!(matches!(through(&search, 1000), Err(GuardError::LineTooLong)));
    let numbers = format!("* SEARCH {}", "12345678 ".repeat(2_000_000));
    assert!(matches!(through(numbers.as_bytes(), 1000), Err(GuardError::AnswerTooLong)));
    let huge = b"* 1 FETCH (BODY[] {4000000000}\r\n";
    assert!(matches!(through(huge, 1000), Err(GuardError::LiteralTooLarge(4_000_000_000))));
    let beyond = b"* X {99999999999999999999999}\r\n";
    assert!(matches!(through(beyond, 1000), Err(GuardError::LiteralTooLarge(_))));
    let many =
        format!("* 1 FETCH (BODY[] {{60000000}}\r\n{} BODY[] {{60000000}}\r\n", "x".repeat(60_000_000));
    assert!(matches!(through(many.as_bytes(), 1 << 20), Err(GuardError::AnswerTooLong)));
    let flood = "* X\r\n".repeat(200_000);
    assert!(matches!(through(flood.as_bytes(), 4096), Err(GuardError::Flood)));
}

#[test]
fn a_greeting_that_is_none_is_told_at_once() {
    for (greeting, words) in [
        ("SSH-2.0-OpenSSH_9.2p1\r\n", "It speaks like an SSH server: SSH-2.0-OpenSSH_9.2p1"),
        ("HTTP/1.1 400 Bad", "It speaks like a web server: HTTP/1.1 400 Bad"),
        ("* CAPABILITY IMAP4rev1\r\n", "* CAPABILITY IMAP4rev1"),
        ("J\0\0\0", "J"),
    ] {
        let mut filter = Filter::new(true, LITERAL_CAP);
        let error = filter.feed(greeting.as_bytes(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), words);
    }
    let mut filter = Filter::new(true, LITERAL_CAP);
    filter.feed(b"* PREAUTH hello\r\n", &mut Vec::new()).unwrap();
}

/// Lines of servers, bent at random places: whatever passes is parsed to its end.
#[test]
fn nothing_that_passes_fails_to_parse() {
    let corpus: Vec<&[u8]> = vec![
        b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+] Dovecot ready.\r\n",
        b"* OK [PERMANENTFLAGS (\\Answered [Gmail]/All \\*)] Flags \xc3\xa9.\r\n",
        b"* OK [BADCHARSET ({5}] \xe4\r\nH1 NO [HIGHESTMODSEQ 5]\xc3\xa4\r\n",
        b"* 1 FETCH (UID 4 RFC822.SIZE 44 FLAGS (\\Seen \\Draft) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" BODY[HEADER.FIELDS (FROM TO)] {12}\r\nFrom: a\r\n\r\n )\r\n",
        b"* 2 FETCH (X-GM-LABELS (\"\\\\Sent\" {3}\r\na\"b) X-GM-MSGID 12 BODYSTRUCTURE ((\"a\" (\"b\" NIL)) {2}\r\nhi))\r\n",
        b"* LIST (\\HasNoChildren \\Sent) \"/\" \"Gesendet \\\"x\\\"\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n",
        b"* LIST () \".\" {7}\r\nfoo bar\r\n* STATUS {3}\r\nabc (MESSAGES 4 HIGHESTMODSEQ 99)\r\n",
        b"* SEARCH 1 2 3 4 5 (MODSEQ 5)\r\n* VANISHED (EARLIER) 1:5,7\r\n* 5 EXISTS\r\n+ go on\r\n",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let bytes = b"()[]{}\"\\<> \r\n0129*+\0\xe4\xc3ANIL~%";
    for _ in 0..20_000 {
        let mut said = Vec::new();
        for _ in 0..2 {
            said.extend_from_slice(corpus[random(corpus.len())]);
        }
        for _ in 0..=random(5) {
            let (at, byte) = (random(said.len()), bytes[random(bytes.len())]);
            match random(3) {
                0 => said[at] = byte,
                1 => said.insert(at, byte),
                _ => drop(said.remove(at)),
            }
        }
        let mut filter = Filter::new(false, LITERAL_CAP);
        let mut out = Vec::new();
        let chunk = 1 + random(40);
        if said.chunks(chunk).any(|part| filter.feed(part, &mut out).is_err()) {
            continue;
        }
        let mut rest = out.as_slice();
        while !rest.is_empty() {
            match Response::parse(rest) {
                Ok((after, Response::Fetch(_, values))) => {
                    assert!(
                        !values.contains(&AttributeValue::Unknown),
                        "{:?}",
                        String::from_utf8_lossy(&said)
                    );
                    rest = after;
                }
                Ok((after, _)) => rest = after,
                Err(error) => {
                    // Nothing may be wrong but that the last answer has not come whole.
                    let incomplete = format!("{error:?}").contains("Incomplete") && filter.is_within();
                    let (rest, said) = (String::from_utf8_lossy(rest), String::from_utf8_lossy(&said));
                    assert!(incomplete, "{error:?}\n{rest:?}\nfrom {said:?}");
                    break;
                }
            }
        }
    }
}
