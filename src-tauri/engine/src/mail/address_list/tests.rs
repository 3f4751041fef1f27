//! One line for every clause of "found all the same" and "not fooled by".

use super::{Entry, address_list};

fn addresses(raw: &[u8]) -> Vec<String> {
    address_list(raw).into_iter().filter_map(|entry| entry.address).map(|a| a.to_string()).collect()
}

fn named(raw: &str) -> Vec<(String, String)> {
    let shown = |entry: Entry| (entry.name, entry.address.map_or(entry.raw, |a| a.to_string()));
    address_list(raw.as_bytes()).into_iter().map(shown).collect()
}

#[test]
fn the_address_is_found_however_it_is_written() {
    let forms: &[&[u8]] = &[
        b"anna@studio.example",
        b"<anna@studio.example>",
        b"Anna <anna@studio.example>",
        b"ANNA <Anna@STUDIO.Example>",
        b"\"Meyer, Anna\" <anna@studio.example>",
        // Folded.
        b" Anna\r\n\t<anna@studio.example>",
        b"Anna <\r\n anna@studio.example\r\n >",
        b"Anna <anna@\n studio.example>",
        b"Anna <anna\r\n @studio\r\n .example>",
        // Comments and spaces around its parts.
        b"anna (Anna) @ (at) studio . example",
        b"< anna @ studio.example >",
        b"(a) <(b) anna (c) @ (d) studio (e) . (f) example (g)> (h)",
        b"anna@studio.example (Anna (of the (nested) studio) Meyer)",
        b"(unbalanced \\) quoted) anna@studio.example",
        // Quoted local parts.
        b"\"anna\"@studio.example",
        b"Anna <\"anna\"@studio.example>",
        b"\"an\\na\"@studio.example",
        b"\"anna\" @ studio.example",
        // The only address of a group.
        b"Team: anna@studio.example;",
        b"\"The: team\": Anna <anna@studio.example> ;",
        b"Team:anna@studio.example",
        b"Team: , anna@studio.example, ;",
        // NUL bytes and 8-bit text beside it, and 0x80, as which Dovecot hands out a NUL.
        b"\0Anna\0 <\0anna@studio.example\0>\0",
        b"Anna \x80<anna@studio.example\x80>",
        b"\x80anna@studio.example\x80",
        b"Bj\xf6rn & Anna <anna@studio.example>",
        "Björn 写真 <anna@studio.example>".as_bytes(),
        b"anna@studio.example (Bj\xf6rn)",
        // A route (obsolete), a trailing dot, encoded and unquoted names.
        b"<@relay.example,@other.example:anna@studio.example>",
        b"anna@studio.example.",
        b"=?utf-8?q?Anna,_the_=C3=B6ne?= <anna@studio.example>",
        b"Meyer, Anna <anna@studio.example>",
        b"Anna O'Neil, Ph.D. <anna@studio.example>",
        b"<<anna@studio.example>>",
        b"Anna <anna@studio.example",
        b"Re: Anna <anna@studio.example>",
        b",, <anna@studio.example>,",
    ];
    for form in forms {
        assert_eq!(addresses(form), ["anna@studio.example"], "{}", String::from_utf8_lossy(form));
        let claims = address_list(form).iter().filter(|e| e.claims_an_address()).count();
        assert_eq!(claims, 1, "{}", String::from_utf8_lossy(form));
    }
}

#[test]
fn a_longer_or_another_local_part_or_domain_is_another_address() {
    for (raw, address) in [
        ("joanna@studio.example", "joanna@studio.example"),
        ("anna@studio.example.evil.example", "anna@studio.example.evil.example"),
        ("anna@mystudio.example", "anna@mystudio.example"),
        ("a.nna@studio.example", "a.nna@studio.example"),
        ("anna+x@studio.example", "anna+x@studio.example"),
        ("\"anna@studio.example\"@evil.example", "anna@studio.example@evil.example"),
        ("\"anna \"@studio.example", "anna @studio.example"),
        ("\"a\".\"nna\"@studio.example", "a.nna@studio.example"),
        ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
        ("ann\u{e4}@studio.example", "ann\u{e4}@studio.example"),
        ("Anna <anna@M\u{dc}NCHEN.example>", "anna@xn--mnchen-3ya.example"),
    ] {
        assert_eq!(addresses(raw.as_bytes()), [address], "{raw:?}");
    }
}

#[test]
fn nothing_that_only_people_read_is_an_address() {
    for raw in [
        // Display names.
        "\"anna@studio.example\" <evil@x.example>",
        "anna@studio.example <evil@x.example>",
        "\"Anna <anna@studio.example>\" <evil@x.example>",
        "\"Anna \\\"<anna@studio.example>\\\"\" <evil@x.example>",
        "anna@studio.example (Anna) <evil@x.example>",
        // Comments.
        "(anna@studio.example) evil@x.example",
        "evil@x.example (<anna@studio.example>)",
        "evil@x.example (nested (anna@studio.example) ) ",
        "<evil@x.example(anna@studio.example)>",
        // Encoded words.
        "=?utf-8?q?anna=40studio.example?= <evil@x.example>",
        "=?utf-8?q?anna@studio.example?= <evil@x.example>",
        "=?utf-8?q?=3Canna@studio.example=3E,?= <evil@x.example>",
        "=?utf-8?b?PGFubmFAc3R1ZGlvLmV4YW1wbGU+LA==?= <evil@x.example>",
        // Behind the address, in a route, as a group's name.
        "<evil@x.example> Anna",
        "<@studio.example:evil@x.example>",
        "\"anna@studio.example\": evil@x.example;",
    ] {
        assert_eq!(addresses(raw.as_bytes()), ["evil@x.example"], "{raw:?}");
    }
}

#[test]
fn what_cannot_be_read_as_one_address_is_none_but_counts() {
    for raw in [
        "anna@studio.example evil@x.example",
        "anna@studio.example@evil.example",
        "evil@anna@studio.example",
        "<evil@x.example, anna@studio.example>",
        "<anna@studio.example <",
        "<an na@studio.example>",
        "anna@studio .. example",
        "anna@studio example",
        "anna@",
        "@studio.example",
        "<@studio.example>",
        "\"\"@studio.example",
        "anna@stu dio.example",
        "Anna anna@studio.example",
        "anna@studio.example\\",
        "anna]@studio.example",
        "=?utf-8?q?x?=anna@studio.example",
        "<>",
        "=?utf-8?q?anna?=@=?utf-8?q?studio.example?=",
        "anna@studio.example: ",
    ] {
        let read = address_list(raw.as_bytes());
        assert!(
            read.iter()
                .all(|entry| entry.address.as_ref().is_none_or(|a| a.as_str() != "anna@studio.example")),
            "{raw:?}"
        );
        assert!(read.iter().any(Entry::claims_an_address), "{raw:?}: {read:?}");
    }
    // Bytes that are no UTF-8 make no address.
    assert_eq!(addresses(b"ann\xe4@studio.example"), [""; 0]);
}

#[test]
fn several_are_several() {
    for (raw, count) in [
        ("anna@studio.example, evil@x.example", 2),
        ("<anna@studio.example> <evil@x.example>", 2),
        ("<anna@studio.example> evil@x.example", 2),
        ("anna@studio.example, anna@studio.example", 2),
        ("a@x.example; b@y.example", 2),
        ("Team: a@x.example, b@y.example;, c@z.example", 3),
        ("One: a@x.example;, Two: b@y.example;", 2),
        ("A, <a@x.example>, B, <b@y.example>", 2),
    ] {
        assert_eq!(addresses(raw.as_bytes()).len(), count, "{raw:?}");
    }
}

#[test]
fn nobody_claims_nothing() {
    for raw in
        ["", " ", "undisclosed-recipients:;", "Anna", "(anna@studio.example)", "\"anna@studio.example", ";,:"]
    {
        let read = address_list(raw.as_bytes());
        assert!(!read.iter().any(Entry::claims_an_address), "{raw:?}: {read:?}");
    }
}

#[test]
fn names_are_for_people() {
    for (raw, name, address) in [
        ("\"Meyer, Anna\" <a@x.example>", "Meyer, Anna", "a@x.example"),
        ("Meyer, Anna <a@x.example>", "Meyer, Anna", "a@x.example"),
        ("=?utf-8?q?J=C3=BCrgen?= =?utf-8?q?_Gro=C3=9F?= <a@x.example>", "Jürgen Groß", "a@x.example"),
        ("\"=?utf-8?q?J=C3=BCrgen?=\" <a@x.example>", "Jürgen", "a@x.example"),
        ("Dr. Anna M. Meyer <a@x.example>", "Dr. Anna M. Meyer", "a@x.example"),
        ("a@x.example (Anna Meyer)", "Anna Meyer", "a@x.example"),
        ("<a@x.example> (Anna)", "Anna", "a@x.example"),
        ("\"An\\\"na\" <a@x.example>", "An\"na", "a@x.example"),
        ("\u{202e}annA <a@x.example>", "annA", "a@x.example"),
        ("Anna <broken@@x>", "Anna", "broken@@x"),
        ("undisclosed-recipients:;", "undisclosed-recipients", ""),
        ("Anna", "Anna", ""),
    ] {
        assert_eq!(named(raw), [(name.to_owned(), address.to_owned())], "{raw:?}");
    }
}

#[test]
fn hostile_lists_cost_their_length() {
    let started = std::time::Instant::now();
    // In quadratic time each of these would take minutes; a loaded machine needs some seconds.
    let mega = 200_000;
    for raw in [
        "(".repeat(mega),
        "<".repeat(mega),
        "\"".repeat(mega),
        "[".repeat(mega),
        ",".repeat(mega),
        ":".repeat(mega),
        "@".repeat(mega),
        "a@b,".repeat(mega / 10),
        "a<".repeat(mega / 2),
        "=?a?q?".repeat(mega / 6),
        "(a)".repeat(mega / 3),
        format!("{}@x.example", "a".repeat(mega)),
        format!("a@{}", "ü".repeat(mega)),
    ] {
        let _ = address_list(raw.as_bytes());
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
