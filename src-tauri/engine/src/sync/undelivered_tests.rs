//! Delivery reports through whole cycles: which are read, what they mark, and that nothing else is kept of them.

use super::cycle_tests::{Case, case, door};
use super::intake::{Fetched, Taken, prepare, take_in};
use super::tests::NOW;
use crate::model::{Backfill, FolderId, FolderRole};
use crate::net::scripted::{Scripted, Turn, hear, say};
use crate::store::coverage::{self, Coverage, Wanted};
use crate::store::cycles::Outcome;
use crate::store::folders::{self, Cursor, Listed};
use crate::store::{contacts, lists, messages, undelivered};

/// What a server writes that could not deliver. The returned mail's text is not in it.
fn report(about: &str, whom: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: me@own.example\n\
         Message-ID: <report-{about}@mx.example>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Subject: Undelivered Mail Returned to Sender\nDate: Tue, 24 Nov 2026 11:00:00 +0000\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nI am sorry.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; {whom}\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 No such user here\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{about}@own.example>\nSubject: Offer\n\n--b--\n"
    )
}

fn vacation() -> String {
    "Return-Path: <>\nFrom: Bea <bea@else.example>\nTo: me@own.example\nMessage-ID: <v@else.example>\n\
     Auto-Submitted: auto-replied\nDate: Tue, 24 Nov 2026 11:00:00 +0000\nIn-Reply-To: <offer@own.example>\n\nAway.\n"
        .into()
}

fn head(mail: &str) -> &str {
    &mail[..mail.find("\n\n").unwrap() + 2]
}

fn literal(number: u32, items: &str, section: &str, text: &str) -> String {
    let text = text.replace('\n', "\r\n");
    format!("* {number} FETCH ({items} BODY[{section} {{{}}}\n{text})\n", text.len())
}

/// A cycle's dialogue up to the headers of what arrived in the inbox, UIDs 10 and on.
fn arrived(mails: &[&str]) -> Vec<Turn> {
    let last = 9 + mails.len();
    let headers: String = (10_u32..)
        .zip(mails)
        .map(|(uid, mail)| {
            let items = format!(
                "UID {uid} INTERNALDATE \"24-Nov-2026 11:00:00 +0000\" RFC822.SIZE {} FLAGS ()",
                mail.len()
            );
            literal(uid, &items, "HEADER.FIELDS (FROM)]", head(mail))
        })
        .collect();
    let mut turns = door("IDLE");
    turns.extend([
        hear("LIST"),
        say("* LIST () \"/\" \"INBOX\"\n{tag} OK done\n"),
        hear("EXAMINE \"INBOX\""),
        say(&format!(
            "* {last} EXISTS\n* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT {}] ok\n{{tag}} OK [READ-ONLY] done\n",
            last + 1
        )),
        hear("X-Failed-Recipients Content-Type)"),
        say(&(headers + "{tag} OK done\n")),
    ]);
    turns
}

fn handed_over(uid: u32, mail: &str) -> Turn {
    say(&(literal(uid, &format!("UID {uid}"), "]<0>", mail) + "{tag} OK done\n"))
}

fn bye() -> [Turn; 2] {
    [hear("LOGOUT"), say("* BYE\n{tag} OK\n")]
}

/// The inbox was read up to UID 9, for Anna too.
async fn desk(server: &Scripted) -> (Case, FolderId) {
    let case = case(server, Backfill::None).await;
    let id = case.account.id;
    let inbox = case
        .context
        .store
        .write(move |tx| {
            let listed = Listed {
                raw_name: "INBOX".into(),
                name: "INBOX".into(),
                role: FolderRole::Inbox,
                watched: true,
            };
            folders::replace_listing(tx, id, &[listed])?;
            let inbox = folders::all(tx, id)?[0].folder.id;
            let cursor = Cursor { uid_validity: Some(7), next_uid: 10, exists: 9, highest_modseq: None };
            folders::set_cursor(tx, inbox, &cursor)?;
            let anna = contacts::all_addresses(tx)?[0].id;
            let covered =
                Coverage { uid_validity: 7, first_uid_next: 10, searched_since: crate::model::Timestamp(0) };
            coverage::set(tx, inbox, anna, &covered)?;
            Ok(inbox)
        })
        .await
        .unwrap();
    (case, inbox)
}

/// A mail comes in by the contact's rule.
async fn bring_in(case: &Case, folder: FolderId, outgoing: bool, mail: String) -> Taken {
    let dir = case.context.store.dir().to_owned();
    case.context
        .store
        .write(move |tx| {
            let wanted = Wanted {
                folder,
                uid_validity: 7,
                uid: if outgoing { 1 } else { 2 },
                address: contacts::all_addresses(tx)?[0].id,
                size: 100,
                internal_date: NOW,
                seen: true,
                outgoing,
                gmail_id: None,
                backfilled: false,
                known_only: false,
                ask: false,
            };
            coverage::want(tx, &wanted)?;
            let bytes = mail.replace('\n', "\r\n").into_bytes();
            let ready = prepare(&dir, Fetched { wanted, bytes, partial: false }, NOW).unwrap();
            take_in(tx, &ready)
        })
        .await
        .unwrap()
}

async fn offer_sent(case: &Case, inbox: FolderId) {
    let offer = "Message-ID: <offer@own.example>\nFrom: me@own.example\nTo: anna@studio.example\nSubject: Offer\n\
                 Date: Tue, 24 Nov 2026 10:00:00 +0000\n\nDear Anna\n";
    bring_in(case, inbox, true, offer.into()).await;
    // Where it lies plays no part here.
    case.context.store.write(move |tx| crate::store::locations::remove(tx, inbox, 1)).await.unwrap();
}

async fn undelivered_now(case: &Case) -> Vec<undelivered::Undelivered> {
    case.context.store.read(|db| undelivered::open(db, 10)).await.unwrap()
}

#[tokio::test]
async fn a_report_marks_the_mail_it_names_and_nothing_is_kept_of_any() {
    let (ours, theirs, away) =
        (report("offer", "Anna@Studio.example"), report("else", "x@y.example"), vacation());
    let mut turns = arrived(&[&ours, &theirs, &away]);
    turns.extend([
        hear("UID FETCH 10 (UID BODY.PEEK[]<0.262144>)"),
        handed_over(10, &ours),
        hear("UID FETCH 11 (UID BODY.PEEK[]<0.262144>)"),
        handed_over(11, &theirs),
    ]);
    turns.extend(bye());
    let server = Scripted::plays(turns).await;
    let (case, inbox) = desk(&server).await;
    offer_sent(&case, inbox).await;
    let report = case.cycle().await;
    assert_eq!((report.outcome, report.failures), (Outcome::Success, vec![]));
    let heard = server.heard().await;
    assert!(!heard.contains("UID FETCH 12"), "a vacation note is nobody's report");

    let messages = case.messages().await;
    assert_eq!(messages.len(), 1, "the offer, and no report");
    let marked = undelivered_now(&case).await;
    let [only] = marked.as_slice() else { panic!("{marked:?}") };
    assert_eq!((only.message, only.address.as_str()), (messages[0].id, "anna@studio.example"));
    assert_eq!(only.status, "5.1.1");
    assert!(only.server_said.contains("No such user here"), "{}", only.server_said);
}

#[tokio::test]
async fn without_mail_sent_lately_no_body_is_looked_at() {
    let ours = report("offer", "anna@studio.example");
    let mut turns = arrived(&[&ours]);
    turns.extend(bye());
    let server = Scripted::plays(turns).await;
    let (case, _) = desk(&server).await;
    assert_eq!(case.cycle().await.outcome, Outcome::Success);
    assert!(!server.heard().await.contains("BODY.PEEK[]"));
    assert!(undelivered_now(&case).await.is_empty());
}

#[tokio::test]
async fn a_report_that_the_server_holds_back_keeps_no_other_from_being_read() {
    let (held, ours) = (report("held", "x@y.example"), report("offer", "anna@studio.example"));
    let mut turns = arrived(&[&held, &ours]);
    turns.extend([
        hear("UID FETCH 10"),
        say("{tag} NO [SERVERBUG] cannot read it\n"),
        hear("UID FETCH 11"),
        handed_over(11, &ours),
    ]);
    turns.extend(bye());
    let server = Scripted::plays(turns).await;
    let (case, inbox) = desk(&server).await;
    offer_sent(&case, inbox).await;
    assert_eq!(case.cycle().await.outcome, Outcome::Success);
    assert_eq!(undelivered_now(&case).await.len(), 1);
    server.heard().await;
}

#[tokio::test]
async fn a_report_of_a_contact_comes_in_as_automatic_and_marks_all_the_same() {
    let server = Scripted::plays(Vec::new()).await;
    let (case, inbox) = desk(&server).await;
    offer_sent(&case, inbox).await;
    let by_anna = report("offer", "anna@studio.example")
        .replace("Mail Delivery System <MAILER-DAEMON@mx.example>", "anna@studio.example");
    assert_ne!(bring_in(&case, inbox, false, by_anna).await, Taken::Known);
    assert_eq!(undelivered_now(&case).await.len(), 1);
    let (automatic, open) = case
        .context
        .store
        .read(|db| {
            let all = lists::recent(db, lists::After::START, 10)?;
            let report = all.into_iter().find(|message| message.message_id.starts_with("report-"));
            Ok((report.is_some_and(|report| report.automatic), crate::store::answers::count_needs_reply(db)?))
        })
        .await
        .unwrap();
    assert!(automatic);
    assert_eq!(open, 0);
    let known =
        case.context.store.read(|db| messages::is_known(db, "report-offer@mx.example")).await.unwrap();
    assert!(known, "it is the contact's mail");
}
