//! A mail of which nobody knows whether it was sent, and what a cycle brings in.

use super::*;
use crate::model::{Cause, CopyState, Failure, Mailbox, OutgoingState};
use crate::store::outgoing;
use crate::store::sending::{self, Ended, Queued};

#[tokio::test]
async fn a_copy_in_sent_settles_the_doubt_about_a_mail() {
    let profile = Profile::new().await;
    let anna = profile.contact("Anna", ANNA).await;
    let project = profile.project("Wedding", vec![]).await;
    profile.project("Other", vec![anna]).await;
    let id = profile
        .tx(move |tx| {
            let new = outgoing::NewDraft { project: Some(project), ..Default::default() };
            let id = outgoing::insert(tx, &new, NOW).unwrap();
            let to = Mailbox { name: String::new(), address: ANNA.into() };
            let queued = Queued {
                changed_at: NOW,
                recipients: vec![(outgoing::Role::To, to)],
                message_id: "u@x.example".into(),
                needs_utf8: false,
                size: 1,
                packed: crate::store::raw::Packed::Inline(vec![1]),
                now: NOW,
                date: NOW,
                send_at: NOW,
                later: false,
            };
            sending::queue(tx, id, &queued).unwrap();
            assert!(sending::claim(tx, id, NOW).unwrap());
            sending::hand_over(tx, id).unwrap();
            let failure = Failure::of(Cause::Offline);
            sending::not_sent(tx, id, &Ended::Uncertain(NOW), &failure, &[], NOW).unwrap();
            id
        })
        .await;
    let state = async || profile.tx(move |tx| outgoing::get(tx, id).unwrap()).await;
    profile.mail(1, false, &letter("u", "", ME, ANNA, "Dear Anna")).await;
    assert_eq!(state().await.state, OutgoingState::Uncertain, "anybody can send me my id");
    let before = profile.count().await;
    assert_eq!(profile.mail(2, true, &letter("u", "", ME, ANNA, "Dear Anna, yes")).await, Taken::Filed);
    let (written, message) = (state().await, profile.newest().await);
    assert_eq!((written.state, written.copy), (OutgoingState::Sent, CopyState::Found));
    assert_eq!((written.sent_message, written.next_try), (Some(message.id), None));
    assert!(written.recipients.iter().all(|recipient| recipient.accepted));
    assert_eq!((message.project_id, message.filed_because.as_str()), (Some(project), "written_here"));
    assert_eq!((profile.count().await, message.locations.len()), (before + 1, 1));
}
