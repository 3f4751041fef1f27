//! The words of a test: its mail, the titles of its steps, what holds it up.

use super::judge::Author;
use crate::model::{
    AccountState, Cause, Diagnosis, Failure, FoundReply, Mend, Refusal, TestStep, TestStepName, TestStepState,
};
use crate::store::test_runs::Run;

/// Details of "reply seen" that stand for a reply which cannot count yet.
pub(super) const AUTOMATIC_REPLY: &str = "automatic reply";
pub(super) const JUNK: &str = "junk";
pub(super) const ANOTHER_ADDRESS: &str = "another address";

/// Subject of a test's mail, and of one that is written by hand.
pub fn subject(token: &str) -> String {
    format!("Hatstand test {token}")
}

/// The test's mail. It goes to the person's own other mailbox.
pub fn body(account: &str) -> String {
    let account = account.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<p>Hello,</p><p>this is a test from Hatstand. It went out from {account}.</p>\
         <p><strong>Please reply to it</strong> from this mailbox. Any words will do.</p>\
         <p>Hatstand waits for your reply, and shows step by step how it comes home.</p>"
    )
}

/// A step as it stands now.
pub(super) fn title(run: &Run, step: &TestStep, project: &str, shown_on_dashboard: bool) -> String {
    use TestStepState::{Done, Failed, Running};
    let account = &run.account_email;
    match (step.name, step.state) {
        (TestStepName::Sent, Done) => format!("Sent by {account}"),
        (TestStepName::Sent, Failed) => format!("Not sent by {account}"),
        (TestStepName::Sent, Running) => format!("Sending from {account}"),
        (TestStepName::Sent, _) => format!("Send from {account}"),
        (TestStepName::Accepted, Failed) => "Not accepted by the outgoing server".into(),
        (TestStepName::Accepted, _) => "Accepted by the outgoing server".into(),
        (TestStepName::CopyInSent, _) => "Copy in Sent".into(),
        (TestStepName::ReplySeen, Running) if run.by_hand => "Waiting for your mail".into(),
        (TestStepName::ReplySeen, Running) => "Waiting for your reply".into(),
        (TestStepName::ReplySeen, Failed) if run.by_hand => "No mail that counts".into(),
        (TestStepName::ReplySeen, Failed) => "No reply that counts".into(),
        (TestStepName::ReplySeen, _) => "Seen on the server".into(),
        (TestStepName::ContactMatched, _) => "Recognised as your contact".into(),
        (TestStepName::Filed, _) => format!("In the project “{project}”"),
        (TestStepName::OnDashboard, _) if shown_on_dashboard => "On the dashboard".into(),
        (TestStepName::OnDashboard, _) => "Shown in the project".into(),
    }
}

/// A step's detail as a person reads it, without a full stop.
pub(super) fn detail(run: &Run, step: &TestStep) -> Option<String> {
    match (step.name, step.detail.as_deref()) {
        (TestStepName::ReplySeen, Some(AUTOMATIC_REPLY)) => {
            Some("So far only an automatic reply came".into())
        }
        (TestStepName::ReplySeen, Some(JUNK)) => {
            let folder = run.found.as_ref().map_or("Junk", |found| &found.folder);
            Some(format!("Your reply lies in “{folder}”"))
        }
        (TestStepName::ReplySeen, Some(ANOTHER_ADDRESS)) => Some("A reply came from another address".into()),
        // The one folder that has the same name on every server.
        (TestStepName::ReplySeen, Some(detail)) => Some(detail.replacen("In INBOX", "In Inbox", 1)),
        (_, detail) => detail.map(str::to_owned),
    }
}

fn diagnosis(code: &str, sentence: String, remedy: String, mend: Option<Mend>) -> Diagnosis {
    Diagnosis { code: code.into(), sentence, remedy, server_said: None, mend }
}

/// Sending failed.
pub(super) fn not_sent(cause: Cause, server_said: Option<String>) -> Diagnosis {
    let mend = match cause.state() {
        Some(AccountState::NeedsReconnecting) => Some(Mend::Reconnect),
        None if matches!(cause, Cause::SendingOff | Cause::SenderRefused) => Some(Mend::EditAccount),
        // Another address, or another try.
        Some(_) | None => Some(Mend::TestAgain),
    };
    // What the outbox tries again by itself, a test does not: it is over, and is begun anew.
    let remedy = if cause.retried() { "See to it, then test again." } else { cause.remedy() };
    Diagnosis { server_said, ..diagnosis(cause.code(), cause.sentence().into(), remedy.into(), mend) }
}

/// The outbox did not take the mail.
pub(super) fn refused(refusal: &Refusal) -> Diagnosis {
    Diagnosis {
        server_said: refusal.server_said.clone(),
        ..diagnosis(
            &refusal.code,
            refusal.sentence.clone(),
            "Test again in a moment.".into(),
            Some(Mend::TestAgain),
        )
    }
}

/// The mail left the outbox before it was sent.
pub(super) fn taken_out() -> Diagnosis {
    let sentence = "The test’s mail was taken out of the outbox before it was sent.".into();
    diagnosis("not_sent", sentence, "Test again.".into(), Some(Mend::TestAgain))
}

/// The account is gone.
pub(super) fn account_gone(email: &str) -> Diagnosis {
    let sentence = format!("{email} is not connected any more.");
    diagnosis("account_gone", sentence, "Connect it, then test again.".into(), Some(Mend::ConnectAccount))
}

/// Somebody deleted the contact.
pub(super) fn contact_gone(address: &str) -> Diagnosis {
    let sentence = format!("The contact with {address} was deleted, so its mail does not come in any more.");
    diagnosis("contact_gone", sentence, "Test again.".into(), Some(Mend::TestAgain))
}

/// A delivery report came back.
pub(super) fn bounced(address: &str, server_said: &str) -> Diagnosis {
    let sentence = format!("The test came back: it could not be delivered to {address}.");
    let remedy = "Check the address, then test again.".into();
    let words = (!server_said.is_empty()).then(|| server_said.to_owned());
    Diagnosis { server_said: words, ..diagnosis("bounced", sentence, remedy, Some(Mend::TestAgain)) }
}

/// The account is paused.
pub(super) fn paused(email: &str) -> Diagnosis {
    let sentence = format!("{email} is paused, so no mail comes in.");
    diagnosis("paused", sentence, "Resume it.".into(), Some(Mend::Resume))
}

/// The account's sync fails.
pub(super) fn failing(state: AccountState, failure: &Failure) -> Diagnosis {
    let mend = match (state, failure.cause) {
        (AccountState::NeedsReconnecting, _) => Mend::Reconnect,
        (_, Cause::FolderRefused | Cause::FolderGone) => Mend::EditAccount,
        _ => Mend::SyncNow,
    };
    Diagnosis {
        server_said: failure.server_said.clone(),
        ..diagnosis(failure.cause.code(), failure.to_string(), failure.cause.remedy().into(), Some(mend))
    }
}

/// A program answered.
pub(super) fn automatic(author: &Author, address: &str) -> Diagnosis {
    let from = match author {
        Author::Own(from) | Author::Somebody(from, _) | Author::Unknown(from) => from.display(),
        Author::Contact | Author::Unreadable => address.to_owned(),
    };
    let sentence = format!("An automatic reply came from {from}. It proves nothing about your own mail.");
    let remedy = format!("Open {address} and reply yourself.");
    diagnosis("automatic_reply", sentence, remedy, None)
}

/// The reply lies in Junk.
pub(super) fn in_junk(found: &FoundReply, account: &str) -> Diagnosis {
    let sentence = format!(
        "Your reply came to {account}, but your provider put it into the Junk folder “{}”.",
        found.folder
    );
    let remedy = "Bring it in, and tell your provider that it is no spam.".into();
    diagnosis("junk", sentence, remedy, Some(Mend::BringIn))
}

/// A reply that is not from the contact. `junk`: its folder, when that is Junk.
pub(super) fn from_another(author: &Author, contact: &str, address: &str, junk: Option<&str>) -> Diagnosis {
    let whereabouts = junk.map(|folder| format!(" It lies in “{folder}”.")).unwrap_or_default();
    let again = format!("Reply once more, from {address}.");
    match author {
        Author::Own(from) => {
            let sentence = format!(
                "The reply came from {}, one of your connected mailboxes.{whereabouts}",
                from.display()
            );
            diagnosis("own_address", sentence, again, None)
        }
        Author::Somebody(from, name) => {
            let sentence =
                format!("The reply came from {}, which belongs to {name}.{whereabouts}", from.display());
            diagnosis("other_contact", sentence, again, None)
        }
        Author::Unknown(from) => {
            let sentence = format!(
                "The reply came from {}, which Hatstand does not know as {contact}.{whereabouts}",
                from.display()
            );
            let remedy = format!("Add the address to {contact}, or reply from {address}.");
            diagnosis("other_address", sentence, remedy, Some(Mend::AddAddress))
        }
        Author::Contact | Author::Unreadable => {
            let sentence = format!("The reply does not say clearly who it is from.{whereabouts}");
            diagnosis("no_sender", sentence, again, None)
        }
    }
}

/// The reply is here, and no rule could file it.
pub(super) fn to_sort() -> Diagnosis {
    let sentence = "Your reply is here, but Hatstand could not tell which project it belongs to.".into();
    diagnosis("to_sort", sentence, "Choose its project under To sort.".into(), None)
}

/// The program was closed all that time, or died.
pub(super) fn not_sent_in_time() -> Diagnosis {
    let sentence = "The test’s mail was not sent within 45 minutes, and will not be any more.".into();
    diagnosis("not_sent", sentence, "Test again.".into(), Some(Mend::TestAgain))
}

/// Nothing came, and nobody knows whether the test arrived.
pub(super) fn in_doubt(run: &Run) -> Diagnosis {
    let address = run.address.display();
    let sentence = "No reply came within 45 minutes. The test’s mail may not have arrived: the connection broke \
                    before the outgoing server answered.";
    let remedy = format!("Look whether the test reached {address}, then test again.");
    diagnosis("no_reply", sentence.into(), remedy, Some(Mend::TestAgain))
}

/// Nothing came in all that time.
pub(super) fn no_reply(run: &Run) -> Diagnosis {
    let address = run.address.display();
    let (sentence, remedy) = if run.by_hand {
        (
            "No mail with this subject came within 45 minutes.".to_owned(),
            format!("Look whether it left {address}, then test again."),
        )
    } else {
        (
            "No reply came within 45 minutes.".to_owned(),
            format!("Look whether the test reached {address}, in Junk too, then test again."),
        )
    };
    diagnosis("no_reply", sentence, remedy, Some(Mend::TestAgain))
}
