//! From a draft to a message, over real sockets: what is sent, what is not, and what nobody knows.

use super::case::{Case, NOON, NOW, begin, clock};
use super::queue::{When, queue};
use super::servers::{Incoming, Odd, Outgoing, Smtp, nobody};
use crate::model::{Cause, CopyState, Direction, Mailbox, OutgoingId, OutgoingState};
use crate::store::outgoing::{self, Role};
use crate::store::{Store, accounts, sending};
use crate::sync::facts::standing;

const ANNA: (Role, &str) = (Role::To, "anna@studio.example");

#[tokio::test]
async fn a_mail_is_sent_lies_in_its_project_at_once_and_has_one_copy_in_sent() {
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    let incoming = Incoming::new(true, None).await;
    let mut case = Case::new(outgoing.port, incoming.port, "other").await;
    case.run();
    let id = case.queued(&[ANNA, (Role::Cc, "cc@x.example"), (Role::Bcc, "bcc@x.example")]).await;
    let sent = case.until_state(id, OutgoingState::Sent).await;
    let [message] = &case.messages().await[..] else { panic!("one message") };
    assert_eq!(sent.sent_message, Some(message.id));
    assert_eq!((message.project_id, message.filed_because.as_str()), (Some(case.project), "written_here"));
    assert_eq!((message.direction, message.subject.as_str()), (Direction::Out, "Hello"));
    assert!(sent.recipients.iter().all(|recipient| recipient.accepted));

    let done = case.until(id, |written| written.copy != CopyState::Wanted).await;
    assert_eq!(done.copy, CopyState::Stored);
    let [got] = &outgoing.mails()[..] else { panic!("one mail") };
    assert_eq!(got.to, ["anna@studio.example", "cc@x.example", "bcc@x.example"]);
    assert!(!got.mail.contains("bcc@x.example"), "Bcc is in the envelope alone");
    assert!(got.mail.contains(&format!("<{}>", done.message_id)));
    assert_eq!(*incoming.appended.lock().unwrap(), 1);
    assert_eq!(incoming.sent.lock().unwrap()[0].trim_end(), got.mail.trim_end(), "the same mail");
    let bytes = case.store.read(move |db| sending::content(db, id)).await.unwrap();
    assert!(bytes.is_none(), "the bytes are the message's now");
    case.stop().await;
}

#[tokio::test]
async fn a_copy_that_the_provider_saves_is_found_and_none_is_stored() {
    for (provider, at) in [("gmail", 4), ("other", 2)] {
        let outgoing = Outgoing::that(&[Smtp::Take]).await;
        let incoming = Incoming::new(true, Some((at, outgoing.got.clone()))).await;
        let mut case = Case::new(outgoing.port, incoming.port, provider).await;
        case.run();
        let id = case.queued(&[ANNA]).await;
        let done = case.until(id, |written| written.copy == CopyState::Found).await;
        assert_eq!((done.state, *incoming.appended.lock().unwrap()), (OutgoingState::Sent, 0), "{provider}");
        case.stop().await;
    }
}

#[tokio::test]
async fn a_copy_that_the_provider_saved_under_another_id_is_found_and_a_like_one_of_another_day_is_not() {
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    let incoming = Incoming::new(true, Some((1, outgoing.got.clone()))).await;
    *incoming.odd.lock().unwrap() = Some(Odd::Renames);
    let mut case = Case::new(outgoing.port, incoming.port, "outlook").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    case.until(id, |written| written.copy == CopyState::Found).await;
    let [copy] = &incoming.sent.lock().unwrap().clone()[..] else { panic!("one copy") };
    assert!(copy.contains("Message-ID: <other@server.example>") && *incoming.appended.lock().unwrap() == 0);

    // The same words of another minute are another mail.
    NOW.set(NOON.plus(60_000));
    let later = case.queued(&[ANNA]).await;
    case.until(later, |written| written.copy == CopyState::Stored).await;
    assert_eq!(*incoming.appended.lock().unwrap(), 1);
    case.stop().await;
}

#[tokio::test]
async fn without_a_sent_folder_there_is_no_copy_and_a_server_that_is_away_is_waited_for() {
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    let incoming = Incoming::new(false, None).await;
    let mut case = Case::new(outgoing.port, incoming.port, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    case.until(id, |written| written.copy == CopyState::NoFolder).await;
    case.stop().await;

    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    away_for_long(&case, id).await;
    assert_eq!(case.written(id).await.copy, CopyState::Wanted);
    let back = Incoming::new(true, None).await;
    case.is_at(outgoing.port, back.port).await;
    case.knock.anew();
    case.until(id, |written| written.copy == CopyState::Stored).await;
    assert_eq!(*back.appended.lock().unwrap(), 1);
    case.stop().await;
}

/// The incoming server is away for more tries than there are looks; each is made up for later.
async fn away_for_long(case: &Case, id: OutgoingId) {
    for tries in 1..=7 {
        let missed = case.until(id, |written| written.looks_failed == tries).await;
        let next = missed.next_try.unwrap();
        assert!(missed.copy_tries == 0 && next > clock());
        if tries < 7 {
            NOW.set(next);
            case.outbox.poke();
        }
    }
}

#[tokio::test]
async fn a_mail_in_doubt_is_found_in_sent_however_long_the_network_was_away() {
    let outgoing = Outgoing::that(&[Smtp::BreakAfterDot]).await;
    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    away_for_long(&case, id).await;
    let back = Incoming::new(true, Some((1, outgoing.got.clone()))).await;
    case.is_at(outgoing.port, back.port).await;
    case.knock.anew();
    let sent = case.until_state(id, OutgoingState::Sent).await;
    assert_eq!((sent.copy, case.messages().await.len()), (CopyState::Found, 1));
    case.stop().await;
}

#[tokio::test]
async fn a_copy_that_is_refused_where_sent_was_looked_into_is_given_up_after_five_tries() {
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    let incoming = Incoming::new(true, None).await;
    *incoming.odd.lock().unwrap() = Some(Odd::Full);
    let mut case = Case::new(outgoing.port, incoming.port, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    for tries in 1..5 {
        let next = case.until(id, |written| written.copy_tries == tries).await.next_try.unwrap();
        NOW.set(next);
        case.outbox.poke();
    }
    let given_up = case.until(id, |written| written.copy == CopyState::Failed).await;
    assert_eq!((given_up.state, given_up.copy_tries), (OutgoingState::Sent, 5));
    case.stop().await;
}

#[tokio::test]
async fn one_refused_recipient_among_several_is_named_and_the_others_have_it() {
    let outgoing = Outgoing::that(&[Smtp::RefuseRecipient("gone@x.example")]).await;
    let incoming = Incoming::new(true, None).await;
    let mut case = Case::new(outgoing.port, incoming.port, "other").await;
    case.run();
    let id = case.queued(&[ANNA, (Role::Cc, "gone@x.example")]).await;
    let sent = case.until_state(id, OutgoingState::Sent).await;
    let states: Vec<_> = sent
        .recipients
        .iter()
        .map(|r| (r.accepted, r.refused.as_ref().map(|failure| failure.cause)))
        .collect();
    assert_eq!(states, [(true, None), (false, Some(Cause::RecipientRefused))]);
    let said = sent.recipients[1].refused.clone().unwrap().server_said.unwrap();
    assert!(said.contains("No such user here"), "{said}");
    let open = case.store.read(|db| outgoing::open(db, 9)).await.unwrap();
    assert_eq!(open.iter().map(|written| written.id).collect::<Vec<_>>(), [id], "the person sees it");
    case.stop().await;
}

#[tokio::test]
async fn what_asks_for_patience_goes_again_by_itself_and_what_is_refused_does_not() {
    let outgoing = Outgoing::that(&[Smtp::Later, Smtp::Later, Smtp::Take]).await;
    let incoming = Incoming::new(true, None).await;
    let mut case = Case::new(outgoing.port, incoming.port, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    for tries in 1..=2 {
        let waits = case
            .until(id, |w| w.state == OutgoingState::Queued && w.attempts == tries && w.failure.is_some())
            .await;
        assert_eq!(waits.failure.unwrap().cause, Cause::TryLater);
        NOW.set(waits.next_try.unwrap());
        case.outbox.poke();
    }
    case.until_state(id, OutgoingState::Sent).await;
    assert_eq!(outgoing.mails().len(), 1);

    *outgoing.behaves.lock().unwrap() = vec![Smtp::RefuseMail];
    let id = case.queued(&[ANNA]).await;
    let failed = case.until_state(id, OutgoingState::Failed).await;
    assert_eq!((failed.failure.unwrap().cause, failed.next_try), (Cause::MailRefused, None));
    case.stop().await;
}

#[tokio::test]
async fn a_network_that_is_back_ends_the_wait() {
    let port = nobody().await;
    let mut case = Case::new(port, nobody().await, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    let waits = case.until(id, |w| w.state == OutgoingState::Queued && w.failure.is_some()).await;
    assert_eq!(waits.failure.unwrap().cause, Cause::ConnectionRefused);
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    case.is_at(outgoing.port, nobody().await).await;
    case.knock.anew();
    case.until_state(id, OutgoingState::Sent).await;
    case.stop().await;
}

#[tokio::test]
async fn a_refused_password_fails_the_mail_shows_on_the_account_and_is_not_sent_again() {
    let outgoing = Outgoing::that(&[Smtp::WrongPassword]).await;
    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    case.run();
    let first = case.queued(&[ANNA]).await;
    let failed = case.until_state(first, OutgoingState::Failed).await;
    assert_eq!(failed.failure.unwrap().cause, Cause::WrongPassword);
    let id = case.account;
    let stands = case.store.read(move |db| standing(db, &accounts::get(db, id)?, 0, clock())).await.unwrap();
    assert_eq!(stands.sending.map(|failure| failure.cause), Some(Cause::WrongPassword));
    assert_eq!(stands.failure, None, "incoming mail is another server");

    let second = case.queued(&[ANNA]).await;
    case.until_state(second, OutgoingState::Failed).await;
    assert_eq!(*outgoing.sign_ins.lock().unwrap(), 1, "the password was sent once");
    // Given anew and proven: nothing stands against it.
    case.is_at(outgoing.port, nobody().await).await;
    *outgoing.behaves.lock().unwrap() = vec![Smtp::Take];
    let now = clock();
    case.store.write(move |tx| sending::go_now(tx, first, OutgoingState::Failed, now)).await.unwrap();
    case.outbox.poke();
    case.until_state(first, OutgoingState::Sent).await;
    case.stop().await;
}

#[tokio::test]
async fn broken_in_the_mail_it_goes_again_and_broken_after_the_dot_the_person_is_asked() {
    let outgoing = Outgoing::that(&[Smtp::BreakInMail, Smtp::BreakAfterDot]).await;
    let incoming = Incoming::new(true, None).await;
    let mut case = Case::new(outgoing.port, incoming.port, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    let waits = case.until(id, |w| w.state == OutgoingState::Queued && w.failure.is_some()).await;
    assert!(!waits.handed_over);
    NOW.set(waits.next_try.unwrap());
    case.outbox.poke();
    let doubt = case.until(id, |w| w.state == OutgoingState::Uncertain && w.copy_tries == 1).await;
    assert!(doubt.handed_over, "it was looked for, and nobody knows");
    NOW.set(doubt.next_try.unwrap());
    case.outbox.poke();
    case.until(id, |w| w.copy_tries == 2).await;
    assert_eq!(outgoing.mails().len(), 1, "never sent twice by itself");
    assert!(case.messages().await.is_empty());
    let refused = case.store.write(move |tx| sending::to_draft(tx, id, NOON)).await;
    assert!(refused.is_err(), "it cannot be taken back");

    case.outbox.confirm_arrived(id).await.unwrap();
    assert_eq!(case.messages().await.len(), 1);
    assert!(case.outbox.confirm_arrived(id).await.is_err(), "once");
    case.until(id, |w| w.copy == CopyState::Stored).await;
    case.stop().await;
}

#[tokio::test]
async fn a_mail_in_doubt_that_lies_in_sent_was_sent() {
    let outgoing = Outgoing::that(&[Smtp::BreakAfterDot]).await;
    let incoming = Incoming::new(true, Some((2, outgoing.got.clone()))).await;
    let mut case = Case::new(outgoing.port, incoming.port, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    let sent = case.until_state(id, OutgoingState::Sent).await;
    assert_eq!(sent.copy, CopyState::Found);
    assert_eq!(case.messages().await.len(), 1);
    case.stop().await;
}

#[tokio::test]
async fn a_program_that_dies_loses_nothing_and_sends_nothing_twice() {
    // Between the dot and its answer.
    let outgoing = Outgoing::that(&[Smtp::HoldAfterDot]).await;
    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    outgoing.dot.notified().await;
    let dying = case.written(id).await;
    assert_eq!((dying.state, dying.handed_over), (OutgoingState::Sending, true));
    case.dies_and_begins_anew().await;
    case.run();
    let doubt = case.until(id, |w| w.state == OutgoingState::Uncertain && w.looks_failed == 1).await;
    assert_eq!(outgoing.mails().len(), 1);
    assert!(doubt.next_try.is_some(), "it is looked for again");
    case.stop().await;

    // Before the dot.
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    let id = case.queued(&[ANNA]).await;
    case.store.write(move |tx| sending::claim(tx, id, NOON)).await.unwrap();
    case.dies_and_begins_anew().await;
    case.run();
    case.until_state(id, OutgoingState::Sent).await;
    assert_eq!(outgoing.mails().len(), 1);
    case.stop().await;

    // Before anything: a draft survives, a queued mail goes.
    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    let (draft, queued) = (case.draft(&[ANNA]).await, case.queued(&[ANNA]).await);
    case.dies_and_begins_anew().await;
    case.run();
    case.until_state(queued, OutgoingState::Sent).await;
    let kept = case.written(draft).await;
    assert_eq!((kept.state, kept.html.as_str()), (OutgoingState::Draft, "<p>Dear Anna</p>"));
    case.stop().await;
}

#[tokio::test]
async fn closing_in_the_middle_leaves_the_mail_in_doubt() {
    let outgoing = Outgoing::that(&[Smtp::HoldAfterDot]).await;
    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    case.run();
    let id = case.queued(&[ANNA]).await;
    outgoing.dot.notified().await;
    case.stop().await;
    assert_eq!(case.written(id).await.state, OutgoingState::Uncertain);
}

#[tokio::test]
async fn it_waits_for_its_moment_and_can_be_taken_back_until_then() {
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    case.run();
    let taken_back = case.draft(&[ANNA]).await;
    case.queue(taken_back, 10, None).await;
    let (now, later) = (clock(), case.draft(&[ANNA]).await);
    case.queue(later, 10, Some(now.plus(3_600_000))).await;
    case.store.write(move |tx| sending::to_draft(tx, taken_back, now)).await.unwrap();
    let past = case.draft(&[ANNA]).await;
    case.queue(past, 0, Some(now.plus(-1))).await;
    let sent = case.until_state(past, OutgoingState::Sent).await;
    assert!(!sent.later, "a moment that has passed is now");

    let draft = case.written(taken_back).await;
    assert_eq!((draft.state, draft.html.as_str()), (OutgoingState::Draft, "<p>Dear Anna</p>"));
    assert!(draft.message_id.is_empty());
    assert_eq!(case.written(later).await.state, OutgoingState::Queued);
    NOW.set(now.plus(3_600_000));
    case.outbox.poke();
    case.until_state(later, OutgoingState::Sent).await;
    let [_, planned] = &outgoing.mails()[..] else { panic!("two mails") };
    assert!(planned.mail.contains("Tue, 24 Nov 2026 13:00:00"), "of its moment, not of an hour before");
    case.stop().await;
}

#[tokio::test]
async fn what_is_over_the_servers_size_is_said_and_the_next_time_before_it_is_sent() {
    let outgoing = Outgoing::that(&[Smtp::Small]).await;
    let mut case = Case::new(outgoing.port, nobody().await, "other").await;
    let large = |id: OutgoingId| {
        move |tx: &rusqlite::Transaction<'_>| {
            let typed = outgoing::Typed {
                account: outgoing::get(tx, id)?.account,
                from: "me@own.example".into(),
                subject: "Large".into(),
                html: format!("<p>{}</p>", "long words ".repeat(2000)),
                recipients: vec![(Role::To, Mailbox { name: String::new(), address: ANNA.1.into() })],
            };
            outgoing::save(tx, id, &typed, NOON)
        }
    };
    case.run();
    let first = case.draft(&[ANNA]).await;
    case.store.write(large(first)).await.unwrap();
    case.queue(first, 0, None).await;
    let failed = case.until_state(first, OutgoingState::Failed).await;
    assert_eq!(failed.failure.unwrap().cause, Cause::MessageTooLarge);
    assert_eq!(*outgoing.sign_ins.lock().unwrap(), 0);

    let second = case.draft(&[ANNA]).await;
    case.store.write(large(second)).await.unwrap();
    let refused = queue(&case.store, second, When::of(NOON, 0, None), [1; 16]).await.unwrap_err().refusal();
    assert_eq!((refused.field.as_deref(), refused.code.as_str()), (Some("files"), "message_too_large"));
    assert!(refused.sentence.contains("0.1 MB"), "{}", refused.sentence);
    case.stop().await;
}

#[tokio::test]
async fn of_two_programs_one_sends() {
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    let case = Case::new(outgoing.port, nobody().await, "other").await;
    let id = case.queued(&[ANNA]).await;
    let (other, _, _) = begin(&Store::open(case.dir.path()).unwrap());
    let (a, b) = tokio::join!(case.outbox.send_one(id), other.send_one(id));
    a.unwrap();
    b.unwrap();
    assert_eq!(case.written(id).await.state, OutgoingState::Sent);
    assert_eq!(outgoing.mails().len(), 1);
}

#[tokio::test]
async fn one_mail_is_sent_now_without_the_time_to_take_it_back() {
    let outgoing = Outgoing::that(&[Smtp::Take]).await;
    let incoming = Incoming::new(true, None).await;
    let case = Case::new(outgoing.port, incoming.port, "other").await;
    let id = case.draft(&[ANNA]).await;
    case.queue(id, 10, None).await;
    case.outbox.send_one(id).await.unwrap();
    assert_eq!(case.written(id).await.state, OutgoingState::Sent);
    case.outbox.copy_one(id).await.unwrap();
    assert_eq!(case.written(id).await.copy, CopyState::Stored);
}

#[tokio::test]
async fn what_a_deleted_account_had_to_send_is_a_draft() {
    let case = Case::new(nobody().await, nobody().await, "other").await;
    let id = case.draft(&[ANNA]).await;
    case.queue(id, 10, None).await;
    let account = case.account;
    case.store.write(move |tx| accounts::delete(tx, account)).await.unwrap();
    let draft = case.written(id).await;
    assert_eq!((draft.state, draft.account), (OutgoingState::Draft, None));
    let refused = queue(&case.store, id, When::of(NOON, 0, None), [1; 16]).await.unwrap_err().refusal();
    assert_eq!(refused.field.as_deref(), Some("from"));
}
