//! Writing and sending over the whole engine, as a screen calls it.

use super::*;
use crate::compose::servers::{Incoming, Outgoing as OutgoingServer, Smtp};
use crate::mail;
use crate::model::{
    Account, AccountId, Address, Contact, ContactId, ContactKind, CopyState, Direction, Endpoint, Mailbox,
    MessageId, OutgoingId, Project, ProjectId, ProjectStatus, Security, SignIn,
};
use crate::secrets::{Prompt, Secret, SecretsError};
use crate::store::{contacts, raw};
use crate::sync::{WrittenHere, prepare_written, take_in_written};
use crate::view::{BeginMail, Draft, DraftInput, OutgoingShown, TemplateInput};

struct OnePassword;

impl SecretStore for OnePassword {
    fn get(&self, _: &str, _: Prompt) -> Result<Secret, SecretsError> {
        Ok(Secret::new("geheim".into()))
    }
    fn set(&self, _: &str, _: &Secret, _: Prompt) -> Result<(), SecretsError> {
        Ok(())
    }
    fn delete(&self, _: &str, _: Prompt) -> Result<(), SecretsError> {
        Ok(())
    }
}

struct Case {
    dir: tempfile::TempDir,
    engine: Engine,
    account: AccountId,
    anna: ContactId,
    project: ProjectId,
}

fn endpoint(port: u16) -> Endpoint {
    Endpoint { host: "127.0.0.1".into(), port, security: Security::Plaintext }
}

impl Case {
    async fn new(outgoing: Option<u16>, incoming: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(dir.path(), Arc::new(OnePassword)).unwrap();
        let account = Account {
            id: AccountId(0),
            uuid: "u".into(),
            email: Address::parse("hello@lind.example").unwrap(),
            aliases: vec![Address::parse("nora@lind.example").unwrap()],
            username: "nora".into(),
            incoming: endpoint(incoming),
            outgoing: outgoing.map(endpoint),
            ca_pem: None,
            sign_in: SignIn::Password,
            trusted: Vec::new(),
            known_issuers: Vec::new(),
            paused: false,
            provider: "other".into(),
        };
        let now = engine.now();
        let (account, anna, project) = engine
            .write(move |tx| {
                let account = stored::insert(tx, &account, now)?;
                let contact = Contact {
                    id: ContactId(0),
                    name: "Anna Meyer".into(),
                    kind: ContactKind::Client,
                    company: String::new(),
                    phone: String::new(),
                    notes: String::new(),
                    default_project_id: None,
                    addresses: Vec::new(),
                };
                let anna = contacts::insert(tx, &contact, now)?;
                let address = Address::parse("anna@studio.example").unwrap();
                contacts::add_address(tx, anna, &address, now, crate::model::Backfill::None)?;
                let project = Project {
                    id: ProjectId(0),
                    title: "Wedding <Meyer>".into(),
                    status: ProjectStatus::Active,
                    status_at: now,
                    notes: String::new(),
                    contact_ids: vec![anna],
                };
                Ok((account, anna, crate::store::projects::insert(tx, &project, now)?))
            })
            .await
            .unwrap();
        Self { dir, engine, account, anna, project }
    }

    /// A mail of Anna's to the alias.
    async fn received(&self) -> MessageId {
        let bytes = "From: Anna Meyer <anna@studio.example>\r\nTo: Nora <nora@lind.example>, ben@x.example\r\n\
                     Reply-To: office@studio.example\r\nMessage-ID: <second@studio.example>\r\n\
                     References: <first@studio.example>\r\nSubject: Friday\r\n\
                     Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n\r\nShall we <b>meet</b>?\r\n";
        let dir = self.dir.path().to_owned();
        let (account, now) = (self.account, self.engine.now());
        self.engine
            .write(move |tx| {
                let mut new = prepare_written(WrittenHere {
                    bytes: bytes.as_bytes(),
                    attachments: None,
                    bcc: Vec::new(),
                    size: 9,
                    sent_at: now,
                    packed: raw::pack(&dir, bytes.as_bytes())?,
                });
                new.direction = Direction::In;
                let id = take_in_written(tx, &new, None, None)?;
                let listed = crate::store::folders::Listed {
                    raw_name: "INBOX".into(),
                    name: "INBOX".into(),
                    role: crate::model::FolderRole::Inbox,
                    watched: true,
                };
                crate::store::folders::replace_listing(tx, account, &[listed])?;
                let folder = crate::store::folders::all(tx, account)?.remove(0).folder.id;
                let place = crate::store::locations::Place {
                    folder,
                    uid_validity: 1,
                    uid: 1,
                    seen: true,
                    outgoing: false,
                    gmail_id: None,
                };
                crate::store::locations::add(tx, id, &place)?;
                Ok(id)
            })
            .await
            .unwrap()
    }

    async fn for_anna(&self) -> Draft {
        let mail = BeginMail { project_id: Some(self.project), ..BeginMail::default() };
        self.engine.begin_mail(mail).await.unwrap()
    }

    async fn refused(&self, id: OutgoingId) -> (Option<String>, String) {
        let refusal = self.engine.send_mail(id, None).await.unwrap_err();
        (refusal.field, refusal.code)
    }
}

fn input(draft: &Draft) -> DraftInput {
    DraftInput {
        from: draft.from.clone(),
        to: draft.to.clone(),
        cc: draft.cc.clone(),
        bcc: draft.bcc.clone(),
        subject: draft.subject.clone(),
        html: draft.html.clone(),
    }
}

fn mailbox(address: &str) -> Mailbox {
    Mailbox { name: String::new(), address: address.into() }
}

#[tokio::test]
async fn an_answer_goes_from_where_it_was_written_to_and_lies_in_its_thread() {
    let server = OutgoingServer::that(&[Smtp::Take]).await;
    let incoming = Incoming::new(true, None).await;
    let case = Case::new(Some(server.port), incoming.port).await;
    case.engine
        .set_sender(case.account, "Nora Lind".into(), "<p>Nora<script>x</script></p>".into())
        .await
        .unwrap();
    let answered = case.received().await;
    let draft = case
        .engine
        .begin_mail(BeginMail { answers: Some(answered), all: true, ..BeginMail::default() })
        .await
        .unwrap();
    assert_eq!((draft.from.as_str(), draft.subject.as_str()), ("nora@lind.example", "Re: Friday"));
    let to: Vec<&str> = draft.to.iter().map(|mailbox| mailbox.address.as_str()).collect();
    assert_eq!(to, ["office@studio.example", "ben@x.example"]);
    assert_eq!(draft.project_id, Some(case.project));
    let sign = draft.html.find("<div class=\"signature\"><p>Nora</p></div>").unwrap();
    let quote = draft.html.find("<div class=\"quote\">").unwrap();
    assert!(sign < quote && draft.html.contains("Anna Meyer wrote:"), "{}", draft.html);
    assert!(draft.html.contains("&lt;b&gt;meet"), "a text is quoted as text: {}", draft.html);
    assert_eq!(draft.from_choices.len(), 2);
    assert_eq!(draft.from_choices[0].label, "Nora Lind <hello@lind.example>");

    let html = draft.html.replacen("<p><br></p>", "<p>Yes, gladly.</p>", 1);
    case.engine.save_draft(draft.id, DraftInput { html, ..input(&draft) }).await.unwrap();
    let queued = case.engine.send_mail(draft.id, None).await.unwrap();
    assert_eq!((queued.state, queued.preview.as_str()), (OutgoingShown::Undoable, "Yes, gladly."));
    assert_eq!(case.engine.sidebar().await.unwrap().outbox, 1);
    let again = case.engine.save_draft(draft.id, input(&draft)).await.unwrap_err();
    assert_eq!(again.code, "not_a_draft");

    let sent = case.engine.send_one(draft.id).await.unwrap();
    assert_eq!(sent.state, OutgoingShown::Sent);
    let message = case.engine.message(sent.sent_message.unwrap()).await.unwrap();
    let original = case.engine.message(answered).await.unwrap();
    assert_eq!((message.thread_id, message.project_id), (original.thread_id, Some(case.project)));
    let [got] = &server.mails()[..] else { panic!("one mail") };
    assert_eq!(got.from, "nora@lind.example");
    let parsed = mail::parse(got.mail.as_bytes());
    assert_eq!(parsed.from.name, "Nora Lind");
    assert_eq!(parsed.deciding.in_reply_to, ["second@studio.example"]);
    assert_eq!(parsed.deciding.references, ["first@studio.example", "second@studio.example"]);
    assert_eq!(case.engine.sidebar().await.unwrap().outbox, 0);
    assert_eq!(case.engine.copy_one(draft.id).await.unwrap().copy, CopyState::Stored);

    let nudge = BeginMail { answers: sent.sent_message, ..BeginMail::default() };
    let nudge = case.engine.begin_mail(nudge).await.unwrap();
    assert_eq!((nudge.from, nudge.to), (draft.from, draft.to), "to its recipients, from where it was sent");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_lost() {
    let case = Case::new(None, 1).await;
    let draft = case.for_anna().await;
    assert_eq!(draft.to[0].address, "anna@studio.example");
    assert_eq!(case.refused(draft.id).await, (Some("from".into()), "no_outgoing_server".into()));
    for (to, cc, field, code) in [
        (vec![], vec![], "to", "no_recipient"),
        (vec![mailbox("anna@")], vec![], "to", "bad_address"),
        (vec![mailbox("a@x.example")], vec![mailbox("x y")], "cc", "bad_address"),
    ] {
        case.engine.save_draft(draft.id, DraftInput { to, cc, ..input(&draft) }).await.unwrap();
        assert_eq!(case.refused(draft.id).await, (Some(field.into()), code.into()));
    }
    let strange = DraftInput { from: "boss@else.example".into(), ..input(&draft) };
    assert_eq!(case.engine.save_draft(draft.id, strange).await.unwrap_err().field.as_deref(), Some("from"));

    case.engine.delete_account(case.account, true).await.unwrap();
    let typed = DraftInput { html: "<p>still here</p>".into(), ..input(&draft) };
    case.engine.save_draft(draft.id, typed).await.unwrap();
    assert_eq!(case.engine.draft(draft.id).await.unwrap().html, "<p>still here</p>");
    assert_eq!(case.refused(draft.id).await, (Some("from".into()), "no_account".into()));
    assert_eq!(case.engine.outbox().await.unwrap().drafts.len(), 1);
    assert_eq!(case.engine.outgoing_of_project(case.project).await.unwrap().len(), 1);
    case.engine.discard_draft(draft.id).await.unwrap();
    assert_eq!(case.engine.sidebar().await.unwrap().drafts, 0);
}

#[tokio::test]
async fn files_are_copied_at_once_and_the_sent_message_has_them() {
    let server = OutgoingServer::that(&[Smtp::Take]).await;
    let case = Case::new(Some(server.port), 1).await;
    let draft = case.for_anna().await;
    let path = |name: &str| case.dir.path().join(name);
    std::fs::create_dir(path("folder")).unwrap();
    for name in ["folder", "nothing.pdf"] {
        let refused = case.engine.attach_files(draft.id, vec![path(name)]).await.unwrap_err();
        assert!(refused.sentence.contains(name) && refused.field.as_deref() == Some("files"), "{refused:?}");
    }
    let large: Vec<u8> =
        (0..2_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    std::fs::write(path("Brüssel.jpg"), &large).unwrap();
    std::fs::write(path("notes.txt"), "These words are no part of the mail's text.").unwrap();
    let files =
        case.engine.attach_files(draft.id, vec![path("Brüssel.jpg"), path("notes.txt")]).await.unwrap();
    assert_eq!((files.files[0].media_type.as_str(), files.files[0].size), ("image/jpeg", 2_000_000));
    let files = case.engine.attach_files(draft.id, vec![path("notes.txt")]).await.unwrap();
    let files = case.engine.remove_file(draft.id, files.files[2].id).await.unwrap();
    assert_eq!(files.files.len(), 2);
    // What is sent is what was chosen.
    std::fs::remove_file(path("Brüssel.jpg")).unwrap();
    case.engine
        .save_draft(draft.id, DraftInput { html: "<p>Look</p>".into(), ..input(&draft) })
        .await
        .unwrap();
    case.engine.send_mail(draft.id, None).await.unwrap();
    let sent = case.engine.send_one(draft.id).await.unwrap();
    let id = sent.sent_message.unwrap();
    let message = case.engine.message(id).await.unwrap();
    let whole = mail::parse(&case.engine.message_raw(id).await.unwrap());
    assert_eq!(message.attachments, whole.attachments, "as if it had been synced");
    assert_eq!(mail::attachment(&case.engine.message_raw(id).await.unwrap(), 0).unwrap().1, large);
    let stored: Vec<u8> = case
        .engine
        .read(move |db| {
            Ok(db.query_row("SELECT fingerprint FROM message WHERE id = ?1", [id.0], |r| r.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(stored, whole.fingerprint, "its copy in Sent is the same message");
}

#[tokio::test]
async fn templates_are_filled_in_and_people_are_found_by_a_few_letters() {
    let case = Case::new(None, 1).await;
    let empty = TemplateInput { id: None, title: " ".into(), subject: String::new(), html: String::new() };
    assert_eq!(case.engine.save_template(empty).await.unwrap_err().field.as_deref(), Some("title"));
    let offer = TemplateInput {
        id: None,
        title: "Offer".into(),
        subject: "{project}".into(),
        html: "<p>Dear {first name}, about {project}<script>x</script></p>".into(),
    };
    let id = case.engine.save_template(offer).await.unwrap();
    let draft = case.for_anna().await;
    let filled = case.engine.fill_template(id, draft.id).await.unwrap();
    assert_eq!(filled.subject, "Wedding <Meyer>");
    assert_eq!(filled.html, "<p>Dear Anna, about Wedding &lt;Meyer&gt;</p>");
    case.engine.save_draft(draft.id, DraftInput { to: vec![], ..input(&draft) }).await.unwrap();
    assert_eq!(case.engine.fill_template(id, draft.id).await.unwrap().missing, ["first name"]);
    case.engine.delete_template(id).await.unwrap();
    assert!(case.engine.templates().await.unwrap().is_empty());

    for typed in ["ann", "meyer", "anna@st"] {
        let found = case.engine.people_named(typed.into()).await.unwrap();
        assert_eq!(found.len(), 1, "{typed}");
        assert_eq!(found[0].address, "anna@studio.example");
    }
    for typed in ["", "eyer", "zoe"] {
        assert!(case.engine.people_named(typed.into()).await.unwrap().is_empty(), "{typed}");
    }
    let by_contact = BeginMail { contact_ids: vec![case.anna], ..BeginMail::default() };
    assert_eq!(case.engine.begin_mail(by_contact).await.unwrap().to[0].name, "Anna Meyer");
}

#[tokio::test]
async fn the_running_app_sends_by_itself_and_what_failed_is_decided_by_the_person() {
    let server = OutgoingServer::that(&[Smtp::RefuseMail]).await;
    let incoming = Incoming::new(true, None).await;
    let case = Case::new(Some(server.port), incoming.port).await;
    let settings = Settings { undo_seconds: 0, ..case.engine.settings().await.unwrap() };
    case.engine.set_settings(settings).await.unwrap();
    let mut events = case.engine.events();
    let running = tokio::spawn({
        let engine = case.engine.clone();
        async move { engine.run().await }
    });
    let draft = case.for_anna().await;
    let mut until = async |state: OutgoingShown| {
        let wait = async {
            loop {
                let row = case.engine.outgoing(draft.id).await.unwrap();
                if row.state == state {
                    return row;
                }
                events.recv().await.ok();
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), wait).await.unwrap()
    };
    case.engine.send_mail(draft.id, None).await.unwrap();
    let failed = until(OutgoingShown::Failed).await;
    assert!(!failed.failure.unwrap().retried);
    assert!(case.engine.sidebar().await.unwrap().outbox_needs_you);
    case.engine.edit_again(draft.id).await.unwrap();
    until(OutgoingShown::Draft).await;
    *server.behaves.lock().unwrap() = vec![Smtp::RefuseMail, Smtp::Take];
    case.engine.send_mail(draft.id, None).await.unwrap();
    until(OutgoingShown::Failed).await;
    case.engine.send_now(draft.id).await.unwrap();
    until(OutgoingShown::Sent).await;
    assert_eq!(case.engine.send_now(draft.id).await.unwrap_err().code, "too_late");
    assert_eq!(case.engine.undo_send(draft.id).await.unwrap_err().code, "too_late");
    let planned = case.for_anna().await.id;
    let tomorrow = case.engine.now().plus(86_400_000);
    let row = case.engine.send_mail(planned, Some(tomorrow)).await.unwrap();
    assert_eq!((row.state, row.send_at), (OutgoingShown::Scheduled, Some(tomorrow)));
    case.engine.send_now(planned).await.unwrap();
    let row = case.engine.outgoing(planned).await.unwrap();
    assert_ne!(row.state, OutgoingShown::Scheduled);
    case.engine.close();
    running.await.unwrap();
}

#[tokio::test]
async fn a_mail_in_doubt_says_whether_sent_was_looked_into_and_can_be_edited() {
    let server = OutgoingServer::that(&[Smtp::BreakAfterDot]).await;
    let nobody = crate::compose::servers::nobody().await;
    let case = Case::new(Some(server.port), nobody).await;
    let id = case.for_anna().await.id;
    case.engine.send_mail(id, None).await.unwrap();
    assert_eq!(
        case.engine.send_one(id).await.unwrap().state,
        OutgoingShown::Sending,
        "it is looked for first"
    );
    let looks = async |reached: bool| {
        let next = Some(case.engine.now().plus(60_000));
        case.engine.write(move |tx| crate::store::sending::looked(tx, id, reached, next)).await.unwrap();
        case.engine.outgoing(id).await.unwrap()
    };
    let row = looks(false).await;
    assert_eq!((row.state, row.looked), (OutgoingShown::Uncertain, false), "Sent could not be looked into");
    assert!(looks(true).await.looked);
    assert_eq!(
        case.engine.undo_send(id).await.unwrap_err().code,
        "too_late",
        "only who says so takes it back"
    );

    // Its account gone, it is still in doubt, and it can be edited and sent from another address.
    case.engine.delete_account(case.account, true).await.unwrap();
    assert_eq!(case.engine.send_again(id).await.unwrap_err().code, "no_account");
    case.engine.edit_again(id).await.unwrap();
    let row = case.engine.outgoing(id).await.unwrap();
    assert_eq!((row.state, row.looked), (OutgoingShown::Draft, false));
}

#[tokio::test]
async fn what_becomes_of_unsent_mail_is_said_before_its_account_is_deleted() {
    let case = Case::new(Some(1), 1).await;
    let said = async || case.engine.delete_facts_of_account(case.account).await.unwrap().sentence;
    assert_eq!(said().await, "No mail came from this mailbox alone.");
    let tomorrow = Some(case.engine.now().plus(86_400_000));
    for ends in
        [" 1 mail is not sent yet; it becomes a draft.", " 2 mails are not sent yet; they become drafts."]
    {
        let id = case.for_anna().await.id;
        case.engine.send_mail(id, tomorrow).await.unwrap();
        assert!(said().await.ends_with(ends), "{}", said().await);
    }
}
