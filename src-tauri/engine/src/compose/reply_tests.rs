//! The header of an answer, case by case.

use super::reply::{Original, Own, answer, subject};
use crate::model::{AccountId, Address, Mailbox};

const HELLO: AccountId = AccountId(1);
const GMAIL: AccountId = AccountId(2);

fn list(addresses: &[&str]) -> Vec<Mailbox> {
    addresses.iter().map(|a| Mailbox { name: String::new(), address: (*a).to_owned() }).collect()
}

fn own() -> Vec<Own> {
    let parse = |all: &[&str]| all.iter().map(|a| Address::parse(a).unwrap()).collect();
    vec![
        Own { account: HELLO, addresses: parse(&["hello@lind.example", "nora@lind.example"]) },
        Own { account: GMAIL, addresses: parse(&["nora@gmail.example"]) },
    ]
}

fn from_anna(to: &[&str], cc: &[&str]) -> Original {
    Original {
        outgoing: false,
        from: list(&["anna@x.example"]).remove(0),
        reply_to: Vec::new(),
        to: list(to),
        cc: list(cc),
        delivered_to: None,
        subject: "Friday".into(),
        message_id: "a@x.example".into(),
        in_reply_to: Vec::new(),
        references: Vec::new(),
    }
}

fn addresses(list: &[Mailbox]) -> Vec<&str> {
    list.iter().map(|mailbox| mailbox.address.as_str()).collect()
}

#[test]
fn from_is_the_address_that_it_was_written_to() {
    let delivered = |to: &[&str], at: &str| Original {
        delivered_to: Some(Address::parse(at).unwrap()),
        ..from_anna(to, &[])
    };
    for (original, came_to, expected) in [
        (from_anna(&["Hello@Lind.example"], &[]), vec![HELLO], "hello@lind.example"),
        (from_anna(&["nora@lind.example"], &[]), vec![HELLO], "nora@lind.example"),
        (from_anna(&["x@y.example"], &["nora@lind.example"]), vec![HELLO], "nora@lind.example"),
        // Hidden in Bcc, or through a list: where it was delivered, else the account's own.
        (delivered(&["list@y.example"], "nora@lind.example"), vec![HELLO], "nora@lind.example"),
        (from_anna(&["list@y.example"], &[]), vec![HELLO], "hello@lind.example"),
        // Written to one account and forwarded to another: the one that it came to answers.
        (from_anna(&["hello@lind.example"], &[]), vec![GMAIL], "nora@gmail.example"),
        // In both: the one whose address it names.
        (from_anna(&["nora@gmail.example"], &[]), vec![HELLO, GMAIL], "nora@gmail.example"),
        // Its account is gone.
        (from_anna(&["nora@gmail.example"], &[]), vec![], "nora@gmail.example"),
        (from_anna(&["x@y.example"], &[]), vec![], "hello@lind.example"),
    ] {
        let answer = answer(&original, &own(), &came_to, false);
        assert_eq!(
            answer.from.map(|(_, address)| address.to_string()).as_deref(),
            Some(expected),
            "{original:?}"
        );
    }
    assert_eq!(answer(&from_anna(&["x@y.example"], &[]), &[], &[], false).from, None);
}

#[test]
fn whom_an_answer_goes_to() {
    let mut mail =
        from_anna(&["hello@lind.example", "ben@x.example"], &["Cleo@x.example", "nora@gmail.example"]);
    let one = answer(&mail, &own(), &[HELLO], false);
    assert_eq!((addresses(&one.to), addresses(&one.cc)), (vec!["anna@x.example"], vec![]));
    let all = answer(&mail, &own(), &[HELLO], true);
    assert_eq!(addresses(&all.to), ["anna@x.example", "ben@x.example"]);
    assert_eq!(addresses(&all.cc), ["Cleo@x.example"]);

    mail.reply_to = list(&["office@x.example"]);
    mail.cc = list(&["OFFICE@x.example", "ben@x.example", "d@x.example"]);
    let all = answer(&mail, &own(), &[HELLO], true);
    assert_eq!(addresses(&all.to), ["office@x.example", "ben@x.example"], "Reply-To instead of From");
    assert_eq!(addresses(&all.cc), ["d@x.example"], "each once");
    mail.reply_to = list(&["nora@lind.example"]);
    assert_eq!(addresses(&answer(&mail, &own(), &[HELLO], false).to), ["anna@x.example"], "not to oneself");

    let own_mail = Original {
        outgoing: true,
        from: list(&["nora@lind.example"]).remove(0),
        reply_to: list(&["nora@lind.example"]),
        ..from_anna(&["anna@x.example", "ben@x.example"], &["c@x.example"])
    };
    let nudge = answer(&own_mail, &own(), &[HELLO], false);
    assert_eq!(addresses(&nudge.to), ["anna@x.example", "ben@x.example"]);
    assert_eq!(nudge.from.map(|(_, address)| address.to_string()).as_deref(), Some("nora@lind.example"));
    assert_eq!(addresses(&answer(&own_mail, &own(), &[HELLO], true).cc), ["c@x.example"]);
}

#[test]
fn re_stands_once() {
    for (original, expected) in [
        ("Friday", "Re: Friday"),
        ("", "Re:"),
        ("Re: Friday", "Re: Friday"),
        ("RE: Friday", "RE: Friday"),
        ("  AW: Friday", "AW: Friday"),
        ("Antw.: x", "Re: Antw.: x"),
        ("Antw: x", "Antw: x"),
        ("SV: x", "SV: x"),
        ("Re[2]: x", "Re[2]: x"),
        ("RE : x", "RE : x"),
        ("回复：x", "回复：x"),
        ("Fwd: x", "Re: Fwd: x"),
        ("Reminder: x", "Re: Reminder: x"),
    ] {
        assert_eq!(subject(original), expected, "{original:?}");
    }
}

#[test]
fn references_lead_to_the_root_and_end_with_the_answered_id() {
    let ids = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let of = |references: &[&str], in_reply_to: &[&str], id: &str| {
        let original = Original {
            references: ids(references),
            in_reply_to: ids(in_reply_to),
            message_id: id.into(),
            ..from_anna(&[], &[])
        };
        answer(&original, &own(), &[], false)
    };
    assert_eq!(of(&[], &[], "a@x").references, ["a@x"]);
    assert_eq!(of(&["r@x", "s@x"], &["s@x"], "a@x").references, ["r@x", "s@x", "a@x"]);
    assert_eq!(of(&[], &["s@x"], "a@x").references, ["s@x", "a@x"]);
    assert_eq!(of(&[], &["s@x", "t@x"], "a@x").references, ["a@x"], "two parents are none");
    let nameless = of(&["r@x"], &[], "");
    assert_eq!((nameless.in_reply_to.as_str(), nameless.references), ("", ids(&["r@x"])));
    let many: Vec<String> = (0..500).map(|n| format!("{n}@x")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let long = of(&many, &[], "a@x").references;
    assert_eq!((long.len(), long[0].as_str(), long[500].as_str()), (501, "0@x", "a@x"), "the header cuts it");
}
