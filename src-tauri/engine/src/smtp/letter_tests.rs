//! Ten thousand letters at a raw sink: whatever was typed into a field, the header says what was chosen, and
//! nothing besides.

use super::sink_tests::{Dice, Sinks, any_envelope, can_be_sent};
use crate::mail::build::{Letter, TEST_HEADER, build};
use crate::mail::{Deciding, parse};
use crate::model::{Address, Envelope, Mailbox, Timestamp};
use std::io::ErrorKind;

fn any_text(dice: &mut Dice) -> String {
    const PIECES: &[&str] = &[
        "Wedding",
        " ",
        "Grüße",
        "用户",
        "😀",
        "\r\n",
        "\n",
        "\r",
        "\0",
        ".",
        "\r\n.\r\n",
        "\n.\n",
        "\t",
        "\"",
        "\\",
        "\r\nBcc: e@x.example\r\n",
        "\nX-Evil: 1\n",
        "\r\n\r\n",
        "=?utf-8?q?x?=",
        "<b>",
        "</b>",
        "&amp;",
        ",",
        ":",
        ";",
        "\u{2028}",
        "\u{85}",
        "\u{202e}",
        "From e",
        "--",
        "=_text_",
    ];
    let mut text: String = (0..dice.below(8)).map(|_| dice.one(PIECES)).collect();
    if dice.below(20) == 0 {
        text.push_str(&dice.one(&["x", "ü ", ".", "😀"]).repeat(1 + dice.below(3000)));
    }
    text
}

fn mailboxes(dice: &mut Dice, addresses: &[Address]) -> Vec<Mailbox> {
    let mailbox = |address: &Address| Mailbox { name: any_text(dice), address: address.as_str().to_owned() };
    addresses.iter().map(mailbox).collect()
}

/// A letter to the envelope's recipients. The last of several is a Bcc: in the envelope and not in the letter.
fn any_letter(dice: &mut Dice, envelope: &Envelope) -> Letter {
    let shown = &envelope.to[..(envelope.to.len() - 1).max(1)];
    let (to, cc) = shown.split_at(1);
    let number = dice.below(1_000_000);
    Letter {
        from: mailboxes(dice, std::slice::from_ref(&envelope.from)).remove(0),
        to: mailboxes(dice, to),
        cc: mailboxes(dice, cc),
        subject: any_text(dice),
        html: any_text(dice),
        message_id: format!("{number}@studio.example"),
        in_reply_to: (dice.below(3) == 0).then(|| any_text(dice)),
        references: (0..dice.below(3)).map(|_| any_text(dice)).collect(),
        date: Timestamp::from_seconds(1_772_357_400),
        token: (dice.below(3) == 0).then(|| any_text(dice)),
        files: Vec::new(),
    }
}

/// The names of the header's fields, and everything after it.
fn field_names(mail: &[u8]) -> Vec<String> {
    let end = mail.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    let header = String::from_utf8(mail[..end].to_vec()).unwrap();
    let lines = header.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    lines.map(|line| line.split_once(':').unwrap().0.to_owned()).collect()
}

fn check_header(letter: &Letter, mail: &[u8]) {
    const ALLOWED: &[&str] = &[
        "Date",
        "From",
        "To",
        "Cc",
        "Subject",
        "Message-ID",
        "In-Reply-To",
        "References",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        TEST_HEADER,
    ];
    let mut names = field_names(mail);
    assert!(names.iter().all(|name| ALLOWED.contains(&name.as_str())), "{names:?}");
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
    let deciding: Deciding = parse(mail).deciding;
    let written = |mailboxes: &[Mailbox]| mailboxes.iter().map(|m| m.address.clone()).collect::<Vec<_>>();
    let read = |addresses: &[Address]| addresses.iter().map(|a| a.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(read(&deciding.to), written(&letter.to));
    assert_eq!(read(&deciding.cc), written(&letter.cc));
    assert!(deciding.bcc.is_empty());
    assert_eq!(deciding.message_id.as_deref(), Some(letter.message_id.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_letters_arrive_as_they_were_chosen() {
    let workers = (0..4_u64).map(|seed| {
        tokio::spawn(async move {
            let (mut dice, sinks) = (Dice(1000 + seed), Sinks::open().await);
            let mut arrived = 0;
            for _ in 0..2500 {
                let envelope = any_envelope(&mut dice);
                let letter = any_letter(&mut dice, &envelope);
                let mut mail = Vec::new();
                let built = match build(&letter, &mut mail) {
                    Ok(built) => built,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::InvalidInput);
                        // Nor is one written that turns what stands after it around.
                        let good = |a: &Address| can_be_sent(a) && !a.as_str().contains('\u{202e}');
                        let all_good = envelope.to.iter().chain([&envelope.from]).all(good);
                        assert!(!all_good, "{error}: {envelope:?}");
                        continue;
                    }
                };
                check_header(&letter, &mail);
                arrived += usize::from(sinks.check(&mut dice, &envelope, &mail, built.needs_utf8).await);
            }
            arrived
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut arrived = 0;
    for worker in workers {
        arrived += worker.await.unwrap();
    }
    assert!((2000..9000).contains(&arrived), "{arrived}");
}
